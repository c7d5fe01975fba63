import { StorageDevice_Type, type Node } from "@limiquantix/api";
import { useConnection } from "../../api/context.tsx";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts, Panel } from "../../ui/page.tsx";
import { PlainTable } from "../../ui/plain-table.tsx";
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
        <PlainTable
          label={s.panels.disks}
          heads={[d.name, d.model, d.type, d.size, d.serial]}
          rows={storage.map((disk) => [
            disk.name,
            disk.model,
            StorageDevice_Type[disk.type] === "UNKNOWN" ? "" : StorageDevice_Type[disk.type],
            bytes(disk.sizeBytes),
            disk.serial,
          ])}
          empty={d.noDisks}
        />
      </Panel>
      <Panel title={s.panels.nics}>
        <PlainTable
          label={s.panels.nics}
          heads={[d.name, "", d.mac, d.speed, d.mtu, d.driver, d.addresses]}
          rows={network.map((nic) => [
            nic.name,
            nic.up ? d.up : d.down,
            nic.macAddress,
            nic.speedMbps > 0
              ? nic.speedMbps >= 1000
                ? `${nic.speedMbps / 1000} Gbit/s`
                : `${nic.speedMbps} Mbit/s`
              : "",
            nic.mtu || "",
            nic.driver,
            nic.addresses.join(", "),
          ])}
          empty={d.noNics}
        />
      </Panel>
    </div>
  );
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
