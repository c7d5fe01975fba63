import { create } from "@bufbuild/protobuf";
import { DhcpLeaseSchema, ListLeasesResponseSchema, type DhcpLease } from "@limiquantix/api";
import type { Log } from "@limiquantix/kit";
import type { HostClients } from "../nodes/host-clients.ts";
import type { Database } from "../store/database.ts";
import { networks, nodes, vms } from "../tables.ts";

/** The leases of all hosts that answer; of one that does not, none are known, and the log says so. */
export async function listLeases(
  parts: { db: Database; hosts: HostClients; log: Log },
  networkId: string,
  signal: AbortSignal,
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
  const leases = answers.flat().map((lease): DhcpLease => {
    const vmId = owners.get(lease.macAddress.toLowerCase()) ?? "";
    return create(DhcpLeaseSchema, { ...lease, vmId });
  });
  return create(ListLeasesResponseSchema, { leases });
}

function vmsByMac(db: Database): Map<string, string> {
  const owners = new Map<string, string>();
  for (const vm of db.all(vms)) {
    for (const nic of vm.status?.nics ?? []) owners.set(nic.macAddress.toLowerCase(), vm.id);
    for (const nic of vm.spec?.nics ?? []) if (nic.macAddress) owners.set(nic.macAddress.toLowerCase(), vm.id);
  }
  return owners;
}
