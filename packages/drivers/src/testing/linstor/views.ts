import { type Answer, json } from "./answers.ts";
import type { SimCluster } from "./cluster.ts";

/** What `/v1/view/…` answers, which is how the driver looks. */
export async function pools(cluster: SimCluster): Promise<Answer> {
  const list = [];
  for (const node of cluster.nodes) {
    list.push({
      storage_pool_name: "DfltDisklessStorPool",
      node_name: node.name,
      provider_kind: "DISKLESS",
      free_capacity: 9223372036854775000,
      total_capacity: 9223372036854775000,
    });
    for (const { name, kind, totalKib } of node.pools)
      list.push({
        storage_pool_name: name,
        node_name: node.name,
        provider_kind: kind,
        total_capacity: totalKib,
        free_capacity: await cluster.freeKib(node, name),
        free_space_mgr_name: `${node.name};${name}`,
        supports_snapshots: kind === "LVM_THIN",
      });
  }
  return json(list);
}

export async function resources(cluster: SimCluster, names: readonly string[]): Promise<Answer> {
  const list = [];
  for (const one of cluster.definitions.values()) {
    if (names.length > 0 && !names.includes(one.name)) continue;
    const isOpen = await cluster.isOpen(one);
    const allocated_size_kib = cluster.isThin() ? await cluster.allocatedKib(one.file) : (one.sizeKib ?? 0);
    // Who has it open cannot be told by the file: the first node that it is reached from, diskless ones first.
    const user = [...one.resources].toSorted(([, a], [, b]) => b.flags.length - a.flags.length)[0]?.[0];
    for (const [node_name, { flags, pool, isReady }] of one.resources)
      list.push({
        name: one.name,
        node_name,
        flags: one.isDeleted ? [...flags, "DELETE"] : flags,
        state: { in_use: isOpen && node_name === user },
        volumes: [
          {
            volume_number: 0,
            storage_pool_name: pool ?? "DfltDisklessStorPool",
            provider_kind: pool ? "LVM_THIN" : "DISKLESS",
            ...(isReady && {
              device_path: cluster.device(one, node_name),
              state: { disk_state: pool ? "UpToDate" : "Diskless" },
            }),
            ...(pool && { allocated_size_kib }),
          },
        ],
      });
  }
  return json(list);
}

export function snapshots(cluster: SimCluster): Answer {
  return json(
    [...cluster.definitions.values()].flatMap(({ name: resource_name, snapshots }) =>
      [...snapshots].map(([name, { sizeKib, takenAtMs, nodes }]) => ({
        name,
        resource_name,
        nodes,
        flags: ["SUCCESSFUL"],
        volume_definitions: [{ volume_number: 0, size_kib: sizeKib }],
        snapshots: nodes.map((node_name) => ({ snapshot_name: name, node_name, create_timestamp: takenAtMs })),
      })),
    ),
  );
}
