import {
  problem,
  Reason,
  VolumeSpec_Provisioning,
  type PoolCapacity,
  type StoragePool,
  type StoragePoolSpec,
} from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { volumes } from "../tables.ts";

const defaultWarnPercent = 80;
const defaultStopPercent = 95;
/** So much emptier than its warning a pool has to be before it counts as well again. */
const hysteresisPercent = 5;

/** Percent; undefined: nobody has measured it. */
export function usedPercent(capacity: PoolCapacity | undefined): number | undefined {
  if (!capacity || capacity.totalBytes <= 0n) return undefined;
  return Number((capacity.usedBytes * 1000n) / capacity.totalBytes) / 10;
}

export function thresholdsOf(spec: StoragePoolSpec | undefined) {
  const { warnPercent = 0, stopPercent = 0, overcommitPercent = 0 } = spec?.thresholds ?? {};
  return {
    warn: warnPercent || defaultWarnPercent,
    stop: stopPercent || defaultStopPercent,
    /** 0: no limit. */
    overcommit: overcommitPercent,
  };
}

/** Whether the pool is nearly full, given whether it was. */
export function isNearlyFull(
  spec: StoragePoolSpec | undefined,
  capacity: PoolCapacity | undefined,
  was: boolean,
): boolean {
  const used = usedPercent(capacity);
  if (used === undefined) return was;
  const { warn } = thresholdsOf(spec);
  return used >= (was ? warn - hysteresisPercent : warn);
}

/** For people: how full it is, and what follows. */
export function fullnessMessage(spec: StoragePoolSpec | undefined, capacity: PoolCapacity | undefined): string {
  const used = usedPercent(capacity) ?? 0;
  const { warn, stop } = thresholdsOf(spec);
  const percent = `${Math.floor(used)} % of it is used`;
  return used >= stop
    ? `${percent}: from ${stop} % on it takes no new volumes and none grows`
    : `${percent}: its warning is at ${warn} %`;
}

/**
 * Throws POOL_FULL, which names the threshold, where the pool takes nothing new, or not so much: a new volume, or one that
 * grows. What the storage really has left its hosts find out.
 */
export function requireRoom(
  tx: Pick<Transaction, "by">,
  pool: StoragePool,
  wanted: { bytes: bigint; provisioning: VolumeSpec_Provisioning },
): void {
  const { bytes, provisioning } = wanted;
  if (bytes <= 0n) return;
  const capacity = pool.status?.capacity;
  const used = usedPercent(capacity);
  if (!capacity || used === undefined) return;
  const refuse = (available: string) =>
    problem(Reason.POOL_FULL, { pool: pool.name, needed: formatBytes(Number(bytes)), available });
  const free = formatBytes(Number(capacity.availableBytes));
  const { stop, overcommit } = thresholdsOf(pool.spec);
  if (used >= stop) throw refuse(`${free} (${Math.floor(used)} % is used, and it stops at ${stop} %)`);
  if (provisioning === VolumeSpec_Provisioning.THICK && bytes > capacity.availableBytes) throw refuse(free);
  if (overcommit === 0) return;
  const limit = (capacity.totalBytes * BigInt(overcommit)) / 100n;
  const promised = promisedBytes(tx, pool.id);
  if (promised + bytes <= limit) return;
  const left = formatBytes(Math.max(0, Number(limit - promised)));
  throw refuse(`${left} (its volumes may promise ${overcommit} % of its size together)`);
}

/** Throws POOL_FULL, which names the threshold, where the pool is so full that nothing new is to begin in it. */
export function refuseFull(pool: StoragePool): void {
  const { capacity } = pool.status ?? {};
  const used = usedPercent(capacity);
  const { stop } = thresholdsOf(pool.spec);
  if (!capacity || used === undefined || used < stop) return;
  const free = formatBytes(Number(capacity.availableBytes));
  const available = `${free} (${Math.floor(used)} % is used, and it stops at ${stop} %)`;
  throw problem(Reason.POOL_FULL, { pool: pool.name, needed: "room for a snapshot", available });
}

/** What the pool's volumes may grow to. */
function promisedBytes(tx: Pick<Transaction, "by">, poolId: string): bigint {
  let sum = 0n;
  for (const { spec } of tx.by(volumes, "pool", poolId)) sum += spec?.sizeBytes ?? 0n;
  return sum;
}
