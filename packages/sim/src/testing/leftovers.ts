import { tasks, tombstones, vms, volumes } from "@limiquantix/control";
import type { Cluster } from "../cluster.ts";

/**
 * What is on the hosts, or held by the control plane, for VMs and volumes that are not there (any more): disks, domains,
 * seeds, ports, addresses, leases, tasks that never end, and tombstones whose hosts are not told. What must never happen to
 * a disk is told too. Empty after everything converged.
 */
export function leftovers(cluster: Cluster): string[] {
  const known = [...cluster.control.db.all(vms)];
  const ids = new Set(known.map((vm) => vm.id));
  const volumeIds = new Set([...cluster.control.db.all(volumes)].map((volume) => volume.id));
  const macs = new Set(known.flatMap((vm) => (vm.spec?.nics ?? []).map((nic) => nic.macAddress.toLowerCase())));
  const found = cluster.control.db.by(tasks, "open", "yes").map((task) => `open task ${task.kind} ${task.id}`);
  for (const { id, nodeId } of cluster.control.db.all(tombstones)) found.push(`tombstone of ${id} for ${nodeId}`);
  for (const storage of [...cluster.hosts.map(({ host }) => host.storage), ...cluster.storages.values()]) {
    found.push(...storage.violations);
  }
  for (const { name, host } of cluster.hosts) {
    const extra = (what: string, keys: Iterable<string>, expected: ReadonlySet<string>) => {
      for (const key of keys) if (!expected.has(key)) found.push(`${name}: ${what} ${key}`);
    };
    extra("domain", host.domains.keys(), ids);
    extra("volume", host.volumes.keys(), volumeIds);
    extra("seed", host.seeds.keys(), ids);
    for (const network of host.networks.values()) {
      extra("port", network.ports.keys(), macs);
      extra("address", network.leases.keys(), macs);
    }
    for (const [vmId, holder] of host.locks) {
      if (holder === name && !host.domains.get(vmId)?.live) found.push(`${name}: lease of ${vmId}`);
    }
  }
  return found;
}
