import type { HostNetwork, VirtualMachine, VirtualNetwork } from "@limiquantix/api";
import { useParams } from "@tanstack/react-router";
import { Network } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { useConnection } from "../../api/context.tsx";
import { useTab } from "../../app/search.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { ListTable, type ListColumn } from "../../ui/list-table.tsx";
import { Notice } from "../../ui/notice.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { At } from "../../ui/time.tsx";
import { GrantsPanel } from "../grants/grants-panel.tsx";
import { VmTable } from "../nodes/vm-table.tsx";
import { Leases } from "./leases.tsx";
import { networkState, networkType, subnetOf } from "./network-state.ts";

const s = strings.networks;

export function NetworkPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const network = useRow(inventory.network, id);
  if (network) return <Known key={id} network={network} />;
  return (
    <Page title={s.title}>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <Empty icon={<Network size={32} />} title={s.gone}>
          {s.goneText}
        </Empty>
      )}
    </Page>
  );
}

function Known({ network }: { network: VirtualNetwork }) {
  const { inventory } = useConnection();
  const [tab, setTab] = useTab("summary");
  const all = useRows(inventory.vm);
  const vms = useMemo(() => all.filter((vm) => nicIn(vm, network.id) !== undefined), [all, network.id]);
  return (
    <Page
      title={network.name}
      subtitle={
        <span className="flex flex-wrap gap-x-3">
          <StateDot {...networkState(network)} />
          <span>{networkType(network)}</span>
          <span>{network.spec?.ipConfig?.ipv4Subnet}</span>
        </span>
      }
    >
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          panel("summary", <Summary network={network} vms={vms.length} />),
          panel("vms", <Vms id={network.id} vms={vms} />),
          panel("leases", <Leases id={network.id} vms={vms} />),
          panel(
            "permissions",
            <div className="p-4">
              <GrantsPanel object={{ kind: "network", id: network.id, name: network.name }} />
            </div>,
          ),
        ]}
      />
    </Page>
  );
}

function panel(id: keyof typeof s.tabs, content: ReactNode): Tab {
  return { id, label: s.tabs[id], panel: () => content };
}

function Summary({ network, vms }: { network: VirtualNetwork; vms: number }) {
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const names = useMemo(() => new Map(nodes.map(({ id, hostname }) => [id, hostname])), [nodes]);
  const { ipConfig, mtu } = network.spec ?? {};
  const f = s.facts;
  return (
    <div className="flex flex-col gap-4 p-4">
      {network.status?.errorMessage && <Notice tone="bad">{network.status.errorMessage}</Notice>}
      <div className="grid gap-4 lg:grid-cols-2">
        <Panel title={s.about}>
          <Facts
            facts={[
              [f.description, network.description],
              [f.type, networkType(network)],
              [f.subnet, subnetOf(network)],
              [f.gateway, ipConfig?.ipv4Gateway],
              [f.dhcp, ipConfig?.dhcp ? strings.common.yes : strings.common.no],
              [f.mtu, mtu || s.mtuDefault],
              [f.vms, vms],
              [f.created, <At key="created" at={network.createdAt} />],
              [
                f.id,
                <code key="id" className="font-mono text-[12px]">
                  {network.id}
                </code>,
              ],
            ]}
          />
        </Panel>
        <Panel title={s.onHosts}>
          <ListTable
            label={s.onHosts}
            rows={network.status?.hosts ?? []}
            rowKey={({ nodeId }) => nodeId}
            columns={hostColumns(names)}
            empty={s.noHosts}
          />
        </Panel>
      </div>
    </div>
  );
}

function hostColumns(names: ReadonlyMap<string, string>): ListColumn<HostNetwork>[] {
  const h = s.host;
  return [
    {
      id: "name",
      title: h.name,
      cell: ({ nodeId }) => <ObjectLink object={{ kind: "node", id: nodeId, name: names.get(nodeId) ?? "" }} />,
    },
    {
      id: "state",
      title: h.state,
      cell: ({ ready, errorMessage }) =>
        ready ? <StateDot tone="ok" label={h.ready} /> : <StateDot tone="bad" label={errorMessage} />,
    },
    { id: "bridge", title: h.bridge, cell: ({ bridge }) => bridge },
    { id: "subnet", title: h.subnet, cell: ({ ipv4Subnet }) => ipv4Subnet },
    { id: "gateway", title: h.gateway, cell: ({ ipv4Gateway }) => ipv4Gateway },
  ];
}

function nicIn({ spec }: VirtualMachine, networkId: string) {
  return spec?.nics.find((nic) => nic.networkId === networkId);
}

function Vms({ id, vms }: { id: string; vms: readonly VirtualMachine[] }) {
  const more = useMemo((): Column<VirtualMachine>[] => {
    const mac = (vm: VirtualMachine) => nicIn(vm, id)?.macAddress ?? "";
    return [{ id: "mac", title: s.macColumn, width: "10rem", key: mac, cell: mac }];
  }, [id]);
  return <VmTable label={s.tabs.vms} rows={vms} more={more} empty={<Empty title={s.noVms} />} />;
}
