import { StorageDevice_Type, type NetworkDevice, type Node, type StorageDevice } from "@limiquantix/api";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { ListTable, type ListColumn } from "../../ui/list-table.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts, Panel } from "../../ui/page.tsx";
import { bytes, memory } from "../../ui/units.ts";
import { poolBackend } from "../pools/pool-state.ts";
import { Gauge } from "./node-summary.tsx";

const s = strings.nodes;
const d = s.devices;

/** What the machine is made of, as its daemon reports it. */
export function NodeHardware({ node }: { node: Node }) {
  const { cpu, memory: ram, storage = [], network = [] } = node.spec ?? {};
  const f = s.facts;
  return (
    <div className="flex flex-col gap-4 p-4">
      <div className="grid gap-4 lg:grid-cols-2">
        <Panel title={s.panels.cpu}>
          <Facts
            facts={[
              [f.cpu, cpu?.model],
              [f.topology, cpu ? f.topologyText(cpu.sockets, cpu.coresPerSocket, cpu.threadsPerCore) : ""],
              [f.frequency, cpu?.frequencyMhz ? `${(cpu.frequencyMhz / 1000).toFixed(2)} GHz` : ""],
              [f.architecture, cpu?.architecture],
              [f.memory, memory(Number(ram?.totalMib ?? 0n))],
              [f.swap, memory(Number(ram?.swapTotalMib ?? 0n))],
              [f.numa, ram?.numaNodes.map(({ id, memoryMib }) => `${id}: ${memory(Number(memoryMib))}`).join(", ")],
              [
                f.machineId,
                <code key="machine" className="font-mono text-[12px]">
                  {node.machineId}
                </code>,
              ],
              [
                f.id,
                <code key="id" className="font-mono text-[12px]">
                  {node.id}
                </code>,
              ],
            ]}
          />
        </Panel>
        <Panel title={s.panels.pools}>
          <Pools node={node} />
        </Panel>
      </div>
      <Panel title={s.panels.disks}>
        <ListTable
          label={s.panels.disks}
          rows={storage}
          rowKey={({ name }) => name}
          columns={diskColumns}
          empty={d.noDisks}
        />
      </Panel>
      <Panel title={s.panels.nics}>
        <ListTable
          label={s.panels.nics}
          rows={network}
          rowKey={({ name }) => name}
          columns={nicColumns}
          empty={d.noNics}
        />
      </Panel>
    </div>
  );
}

const diskColumns: ListColumn<StorageDevice>[] = [
  { id: "name", title: d.name, cell: ({ name }) => name },
  { id: "model", title: d.model, cell: ({ model }) => model },
  {
    id: "type",
    title: d.type,
    cell: ({ type }) => (type === StorageDevice_Type.UNKNOWN ? "" : StorageDevice_Type[type]),
  },
  { id: "size", title: d.size, align: "right", cell: ({ sizeBytes }) => bytes(sizeBytes) },
  { id: "serial", title: d.serial, cell: ({ serial }) => serial },
];

const nicColumns: ListColumn<NetworkDevice>[] = [
  { id: "name", title: d.name, cell: ({ name }) => name },
  { id: "up", title: d.link, cell: ({ up }) => <StateDot tone={up ? "ok" : "idle"} label={up ? d.up : d.down} /> },
  { id: "mac", title: d.mac, cell: ({ macAddress }) => macAddress },
  { id: "speed", title: d.speed, align: "right", cell: ({ speedMbps }) => speed(speedMbps) },
  { id: "mtu", title: d.mtu, align: "right", cell: ({ mtu }) => mtu || "" },
  { id: "driver", title: d.driver, cell: ({ driver }) => driver },
  { id: "addresses", title: d.addresses, cell: ({ addresses }) => addresses.join(", ") },
];

/** 0 where the kernel does not know. */
function speed(mbps: number): string {
  return mbps === 0 ? "" : mbps >= 1000 ? `${mbps / 1000} Gbit/s` : `${mbps} Mbit/s`;
}

function Pools({ node }: { node: Node }) {
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool).filter(({ spec }) => spec?.assignedNodeIds.includes(node.id));
  if (pools.length === 0) return <p className="text-muted">{s.pools.none}</p>;
  return (
    <ul className="flex flex-col gap-4">
      {pools.map((pool) => {
        const { totalBytes = 0n, usedBytes = 0n } = pool.status?.capacity ?? {};
        return (
          <li key={pool.id} className="flex flex-col gap-1">
            <ObjectLink object={{ kind: "pool", id: pool.id, name: pool.name }} />
            <Gauge
              name={poolBackend(pool)}
              of={pool.name}
              value={Number(usedBytes)}
              max={Number(totalBytes)}
              text={s.now.of(bytes(usedBytes), bytes(totalBytes))}
            />
          </li>
        );
      })}
    </ul>
  );
}
