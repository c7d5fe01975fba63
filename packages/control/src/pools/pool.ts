import { StoragePoolSpec_Backend, StoragePoolStatus_Phase, type Node, type StoragePool } from "@limiquantix/api";
import type { Subject } from "../events/event.ts";
import type { Database, Transaction } from "../store/database.ts";
import { isOfHost, nodes, pools } from "../tables.ts";

/*
 *   CreatePool ──▶ PENDING ──all hosts open it──▶ READY ◀──▶ DEGRADED (some hosts, or nearly full)
 *                     └────────no host can──────▶ ERROR ──▶ what it becomes
 *   DeletePool ──▶ DELETING ──its hosts let go──▶ (gone)
 */

type Reads = Pick<Transaction, "find" | "by">;

export { isOfHost };

/** What a host calls the pool. */
export function nameOnHost(pool: StoragePool): string {
  return isOfHost(pool) ? pool.name : pool.id;
}

/** All pools that a host is assigned. O(its own + those that were declared). */
export function poolsOfNode(db: Pick<Database, "by">, nodeId: string): StoragePool[] {
  const declared = db.by(pools, "declared", "yes").filter((pool) => pool.spec?.assignedNodeIds.includes(nodeId));
  return [...db.by(pools, "node", nodeId), ...declared];
}

/** The pool that a host calls so. */
export function poolOnHost(db: Reads, nodeId: string, name: string): StoragePool | undefined {
  return db.by(pools, "node", nodeId).find((pool) => pool.name === name) ?? db.find(pools, name);
}

/** Whether disks in the pool can be used on that host now, as far as the host itself told. */
export function isReadyOn(pool: StoragePool, nodeId: string): boolean {
  const { status, spec } = pool;
  if (pool.deletedAt || !spec?.assignedNodeIds.includes(nodeId)) return false;
  if (!isOfHost(pool)) {
    return (
      status?.hosts.some((host) => host.nodeId === nodeId && host.phase === StoragePoolStatus_Phase.READY) ?? false
    );
  }
  return status?.phase === StoragePoolStatus_Phase.READY || status?.phase === StoragePoolStatus_Phase.DEGRADED;
}

/** Several hosts reach the same data. */
export function isShared(pool: StoragePool): boolean {
  return pool.status?.capabilities?.shared ?? false;
}

/** A host's own pool keeps image files, whatever an older daemon tells. */
export function keepsImages(pool: StoragePool): boolean {
  return isOfHost(pool) || (pool.status?.capabilities?.images ?? false);
}

/** Where an image's file is kept for a disk in this pool, on that host: there, or in the host's own pool. */
export function imagePoolFor(db: Reads, pool: StoragePool | undefined, nodeId: string): StoragePool | undefined {
  if (pool && keepsImages(pool)) return pool;
  return db.by(pools, "node", nodeId).toSorted((a, b) => (a.name < b.name ? -1 : 1))[0];
}

type Able =
  | "snapshots"
  | "linkedClones"
  | "instantClones"
  | "thin"
  | "onlineResize"
  | "discard"
  | "dirtyBitmaps"
  | "sharedDisks"
  | "images";

/** Why the pool cannot do it; undefined: it can. A pool that no host has told about yet may. */
export function whyUnable(pool: StoragePool, what: Able): string | undefined {
  const can = pool.status?.capabilities;
  if (!can || can[what]) return undefined;
  const name = what.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return can.unsupported[name] || `pools of kind ${backendName(pool)} cannot`;
}

export function backendName(pool: StoragePool): string {
  return StoragePoolSpec_Backend[pool.spec?.backend ?? 0] ?? "UNKNOWN";
}

export function poolRef(pool: StoragePool): Subject {
  return { kind: "pool", id: pool.id, name: pool.name, projectId: pool.projectId };
}

export function hostnameOf(db: Pick<Database, "find">, nodeId: string): string {
  return (db.find(nodes, nodeId) as Node | undefined)?.hostname ?? nodeId;
}
