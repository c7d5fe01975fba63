import { problem, Reason, type Node } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { dropGrantsOn } from "../access/drop-grants.ts";
import type { Transaction } from "../store/database.ts";
import { pools, volumes } from "../tables.ts";
import { deleteVolumeRow } from "../volumes/volume.ts";
import { forgetHost } from "./report.ts";

/**
 * A host is forgotten: its own pools go, with the volumes in them that no VM has, and others have one host less. Throws
 * POOL_NOT_EMPTY for such volumes unless forced: nobody else reaches them.
 */
export function dropHostPools(tx: Transaction, clock: Clock, node: Node, force: boolean): void {
  for (const pool of tx.by(pools, "node", node.id)) {
    const free = tx.by(volumes, "pool", pool.id).filter(({ status }) => !status?.attachedVmId);
    const wanted = free.filter(({ deletedAt }) => !deletedAt).length;
    if (wanted > 0 && !force) {
      const what = `${wanted} ${wanted === 1 ? "volume" : "volumes"} that no VM has`;
      throw problem(Reason.POOL_NOT_EMPTY, { pool: `${pool.name} of host ${node.hostname}`, what });
    }
    for (const volume of free) deleteVolumeRow(tx, clock, volume);
    dropGrantsOn(tx, "pool", pool.id);
    tx.delete(pools, pool.id);
  }
  for (const pool of tx.by(pools, "declared", "yes")) {
    const assigned = pool.spec?.assignedNodeIds.includes(node.id) ?? false;
    if (!assigned && !pool.status?.hosts.some(({ nodeId }) => nodeId === node.id)) continue;
    const written = tx.update(pools, pool.id, (copy) => {
      if (copy.spec) copy.spec.assignedNodeIds = copy.spec.assignedNodeIds.filter((id) => id !== node.id);
      copy.generation += 1n;
    });
    forgetHost(tx, clock, written, node.id);
  }
}
