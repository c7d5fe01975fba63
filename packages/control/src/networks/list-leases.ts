import { create } from "@bufbuild/protobuf";
import { DhcpLeaseSchema, ListLeasesResponseSchema, type DhcpLease, type VirtualMachine } from "@limiquantix/api";
import type { Log } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import type { Call } from "../rpc/call.ts";
import type { Database } from "../store/database.ts";
import { networks, nodes, vms } from "../tables.ts";

/**
 * The leases of all hosts that answer; of one that does not, none are known, and the log says so. Many share a network:
 * of VMs that the caller may not see, the leases are not shown, and what is no VM of ours only to who may see its host.
 */
export async function listLeases(
  parts: { db: Database; hosts: HostClients; log: Log },
  networkId: string,
  { access, signal }: Call,
) {
  const { db, hosts, log } = parts;
  db.get(networks, networkId);
  const asked = [...db.all(nodes)].filter((node) => hosts.reachable(node.id));
  const answers = await Promise.all(
    asked.map(async (node) => {
      try {
        const { leases } = await hosts.client(node.id).listLeases({ networkId }, { signal, timeoutMs: 5000 });
        return leases.map((lease) => ({ ...lease, networkId, nodeId: node.id }));
      } catch (cause) {
        if (signal.aborted) throw cause;
        log.warn("list the leases of a host", { node: node.id, err: cause });
        return [];
      }
    }),
  );
  const owners = vmsByMac(db);
  const [seesVm, seesNode] = [access.sees("vm", "vm.view"), access.sees("node", "node.view")];
  const leases = answers.flat().flatMap((lease): DhcpLease[] => {
    const vm = owners.get(lease.macAddress.toLowerCase());
    const node = db.find(nodes, lease.nodeId);
    const shown = vm ? seesVm(vm) : node !== undefined && seesNode(node);
    return shown ? [create(DhcpLeaseSchema, { ...lease, vmId: vm?.id ?? "" })] : [];
  });
  return create(ListLeasesResponseSchema, { leases });
}

function vmsByMac(db: Database): Map<string, VirtualMachine> {
  const owners = new Map<string, VirtualMachine>();
  for (const vm of db.all(vms)) {
    for (const nic of vm.status?.nics ?? []) owners.set(nic.macAddress.toLowerCase(), vm);
    for (const nic of vm.spec?.nics ?? []) if (nic.macAddress) owners.set(nic.macAddress.toLowerCase(), vm);
  }
  return owners;
}
