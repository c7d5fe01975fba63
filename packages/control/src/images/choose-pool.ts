import { Node_Phase, problem, Reason, type StoragePool } from "@limiquantix/api";
import { isReadyOn, keepsImages, nameOnHost } from "../pools/pool.ts";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { nodes, pools } from "../tables.ts";

/** A pool, and the host through which it is reached. */
export interface PoolPlace {
  poolId: string;
  /** Its name on the host. */
  poolName: string;
  nodeId: string;
}

/**
 * The pool for a new image: the one that is named, or of those on READY hosts the one with the most space.
 * Throws NOT_FOUND, POOL_UNAVAILABLE.
 */
export function choosePool(
  tx: Pick<Transaction, "find" | "get">,
  all: Iterable<StoragePool>,
  poolId: string,
): PoolPlace {
  if (poolId) {
    const pool = tx.get(pools, poolId);
    const place = placeOf(tx, pool);
    if (!place) {
      throw problem(Reason.POOL_UNAVAILABLE, {
        pool: pool.name,
        cause: pool.status?.errorMessage || "its host is not ready",
      });
    }
    return place;
  }
  let best: { place: PoolPlace; available: bigint } | undefined;
  for (const pool of all) {
    const place = placeOf(tx, pool);
    const available = pool.status?.capacity?.availableBytes ?? 0n;
    if (place && (!best || available > best.available)) best = { place, available };
  }
  if (!best) throw problem(Reason.POOL_UNAVAILABLE, { pool: "(any)", cause: "no host with a working pool is ready" });
  return best.place;
}

/**
 * The pool that a request for an image names, or one of those that the caller may put things into; empty where they may
 * use all there are, and the control plane chooses when the work begins.
 * Throws PRIVILEGE_MISSING, NOT_FOUND, POOL_UNAVAILABLE.
 */
export function poolFor(tx: Transaction, all: Iterable<StoragePool>, call: Call, poolId: string): string {
  const { access, principal } = call;
  if (poolId) {
    access.require("storage.allocate", { kind: "pool", id: poolId });
    return tx.get(pools, poolId).id;
  }
  if (access.everywhere("storage.allocate")) return "";
  const usable = [...all].filter(access.sees("pool", "storage.allocate"));
  if (usable.length > 0) return choosePool(tx, usable, "").poolId;
  const object = "any storage pool";
  throw problem(Reason.PRIVILEGE_MISSING, { who: principal.name, privilege: "storage.allocate", object });
}

function placeOf(tx: Pick<Transaction, "find">, pool: StoragePool): PoolPlace | undefined {
  if (!keepsImages(pool)) return undefined;
  const nodeId = pool.spec?.assignedNodeIds.find(
    (id) => tx.find(nodes, id)?.status?.phase === Node_Phase.READY && isReadyOn(pool, id),
  );
  return nodeId ? { poolId: pool.id, poolName: nameOnHost(pool), nodeId } : undefined;
}
