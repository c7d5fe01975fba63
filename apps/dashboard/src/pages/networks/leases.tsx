import { VirtualNetworkService, type DhcpLease, type VirtualMachine } from "@limiquantix/api";
import { RotateCw } from "lucide-react";
import { useMemo } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { ListTable, type ListColumn } from "../../ui/list-table.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";
import { Until } from "../../ui/time.tsx";

const s = strings.networks.leases;

/** The addresses that are given out. Asked again when a VM of the network comes, goes, or has another address. */
export function Leases({ id, vms }: { id: string; vms: readonly VirtualMachine[] }) {
  const client = useClient(VirtualNetworkService);
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const key = vms.map((vm) => `${vm.id} ${vm.status?.ipAddresses.join()}`).join();
  const { data, problem, loading, reload } = useQuery(`leases ${id} ${key}`, (signal) =>
    client.listLeases({ networkId: id }, { signal }),
  );
  const columns = useMemo(() => {
    const hosts = new Map(nodes.map(({ id, hostname }) => [id, hostname]));
    return columnsOf(hosts, new Map(vms.map(({ id, name }) => [id, name])));
  }, [nodes, vms]);
  if (problem && !data) return <QueryProblem problem={problem} retry={reload} />;
  if (!data) return <SkeletonRows rows={6} />;
  const leases = data.leases.toSorted((a, b) => a.ipAddress.localeCompare(b.ipAddress, "en", { numeric: true }));
  return (
    <div className="p-4">
      <Panel
        title={strings.networks.tabs.leases}
        actions={
          <Button look="ghost" icon={<RotateCw size={14} />} busy={loading} onClick={reload}>
            {s.reload}
          </Button>
        }
      >
        <p className="mb-2 text-muted">{s.text}</p>
        <ListTable
          label={strings.networks.tabs.leases}
          rows={leases}
          rowKey={({ nodeId, macAddress }) => `${nodeId} ${macAddress}`}
          columns={columns}
          empty={s.none}
        />
      </Panel>
    </div>
  );
}

function columnsOf(hosts: ReadonlyMap<string, string>, vms: ReadonlyMap<string, string>): ListColumn<DhcpLease>[] {
  return [
    { id: "address", title: s.address, cell: ({ ipAddress }) => ipAddress, className: "tabular-nums" },
    {
      id: "vm",
      title: s.vm,
      cell: ({ vmId }) => (vmId ? <ObjectLink object={{ kind: "vm", id: vmId, name: vms.get(vmId) ?? "" }} /> : "–"),
    },
    { id: "name", title: s.name, cell: ({ hostname }) => hostname },
    {
      id: "mac",
      title: s.mac,
      cell: ({ macAddress }) => <code className="font-mono text-[12px]">{macAddress}</code>,
    },
    {
      id: "host",
      title: s.host,
      cell: ({ nodeId }) => <ObjectLink object={{ kind: "node", id: nodeId, name: hosts.get(nodeId) ?? "" }} />,
    },
    { id: "expires", title: s.expires, cell: ({ expiresAt }) => <Until at={expiresAt} /> },
  ];
}
