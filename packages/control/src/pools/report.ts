import { create, equals } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  PoolCapacitySchema,
  StoragePoolSchema,
  StoragePoolSpecSchema,
  StoragePoolStatus_Phase,
  StoragePoolStatusSchema,
  type PoolReport,
  type StoragePool,
} from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import type { Transaction } from "../store/database.ts";
import { pools } from "../tables.ts";

/** How old a measurement may get before an unchanged one is written again. */
const remeasureMs = 300_000;

/**
 * Writes what a host reports about its own pools: a pool that is new becomes a row, one that is missing from the
 * report is in ERROR. Nothing is written where nothing changed.
 */
export function reportPools(
  tx: Transaction,
  report: { clock: Clock; nodeId: string; reports: readonly PoolReport[] },
): void {
  const known = new Map(tx.by(pools, "node", report.nodeId).map((pool) => [pool.name, pool]));
  for (const reported of report.reports) {
    const pool = known.get(reported.name);
    known.delete(reported.name);
    if (!pool) tx.insert(pools, newPool(report.clock.now(), report.nodeId, reported));
    else if (isNews(pool, reported, report.clock.now())) {
      tx.update(pools, pool.id, (copy) => {
        copy.status = statusOf(report.clock.now(), reported);
        copy.updatedAt = timestampFromMs(report.clock.now());
      });
    }
  }
  for (const missing of known.values()) {
    if (missing.status?.phase === StoragePoolStatus_Phase.ERROR) continue;
    tx.update(pools, missing.id, (copy) => {
      copy.status ??= create(StoragePoolStatusSchema);
      copy.status.phase = StoragePoolStatus_Phase.ERROR;
      copy.status.errorMessage = "its host no longer reports it";
      copy.updatedAt = timestampFromMs(report.clock.now());
    });
  }
}

function newPool(now: number, nodeId: string, reported: PoolReport): StoragePool {
  return create(StoragePoolSchema, {
    id: newId(),
    name: reported.name,
    projectId: "default",
    spec: create(StoragePoolSpecSchema, { backend: reported.backend, assignedNodeIds: [nodeId] }),
    status: statusOf(now, reported),
    createdAt: timestampFromMs(now),
    updatedAt: timestampFromMs(now),
    generation: 1n,
  });
}

function statusOf(now: number, reported: PoolReport) {
  return create(StoragePoolStatusSchema, {
    phase: reported.errorMessage ? StoragePoolStatus_Phase.ERROR : StoragePoolStatus_Phase.READY,
    capacity: reported.capacity ?? create(PoolCapacitySchema),
    errorMessage: reported.errorMessage,
    measuredAt: timestampFromMs(now),
  });
}

/** A free space that moved by less than a hundredth of the whole is no news for five minutes. */
function isNews(pool: StoragePool, reported: PoolReport, now: number): boolean {
  const was = pool.status;
  if (!was?.measuredAt || was.errorMessage !== reported.errorMessage) return true;
  if (was.phase === StoragePoolStatus_Phase.ERROR && !reported.errorMessage) return true;
  if (now - timestampMs(was.measuredAt) >= remeasureMs) return true;
  const before = was.capacity ?? create(PoolCapacitySchema);
  const after = reported.capacity ?? create(PoolCapacitySchema);
  if (equals(PoolCapacitySchema, before, after)) return false;
  const moved = after.availableBytes - before.availableBytes;
  return before.totalBytes !== after.totalBytes || (moved < 0n ? -moved : moved) * 100n >= after.totalBytes;
}
