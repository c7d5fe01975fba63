import { clone, create, equals } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  PoolCapabilitiesSchema,
  PoolCapacitySchema,
  PoolHostSchema,
  StoragePoolSchema,
  StoragePoolStatus_Phase,
  StoragePoolStatusSchema,
  type PoolHost,
  type PoolReport,
  type StoragePool,
  type StoragePoolStatus,
} from "@limiquantix/api";
import { newId, type Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { Transaction } from "../store/database.ts";
import { isOfHost, pools } from "../tables.ts";
import { fullnessMessage, isNearlyFull } from "./fullness.ts";
import { hostnameOf, poolRef } from "./pool.ts";

/** How old a measurement may get before an unchanged one is written again. */
const remeasureMs = 300_000;

interface Report {
  clock: Clock;
  nodeId: string;
  reports: readonly PoolReport[];
}

/**
 * Writes what a host reports about all its pools: one of its own that is new becomes a row, one that is missing from the
 * report is in ERROR. Nothing is written where nothing changed.
 */
export function reportPools(tx: Transaction, report: Report): void {
  const { clock, nodeId } = report;
  reportSomePools(tx, report);
  const told = new Set(report.reports.filter(({ poolId }) => !poolId).map(({ name }) => name));
  for (const missing of tx.by(pools, "node", nodeId)) {
    if (told.has(missing.name)) continue;
    const errorMessage = "its host no longer reports it";
    seeHost(tx, clock, missing, { nodeId, phase: StoragePoolStatus_Phase.ERROR, errorMessage });
  }
}

/** The same of those pools only that it names: what a host tells as it happens. */
export function reportSomePools(tx: Transaction, { clock, nodeId, reports }: Report): void {
  for (const report of reports) {
    const pool = report.poolId
      ? tx.find(pools, report.poolId)
      : tx.by(pools, "node", nodeId).find(({ name }) => name === report.name);
    if (!pool) {
      if (!report.poolId) addOwnPool(tx, clock, nodeId, report);
      continue;
    }
    // What it was taken from meanwhile, its host is told to let go of.
    if (!pool.spec?.assignedNodeIds.includes(nodeId)) continue;
    const phase = report.errorMessage ? StoragePoolStatus_Phase.ERROR : StoragePoolStatus_Phase.READY;
    seeHost(tx, clock, pool, { nodeId, phase, errorMessage: report.errorMessage, report });
  }
}

function addOwnPool(tx: Transaction, clock: Clock, nodeId: string, report: PoolReport): void {
  const now = timestampFromMs(clock.now());
  const pool = create(StoragePoolSchema, {
    id: newId(),
    name: report.name,
    projectId: "default",
    spec: { backend: report.backend, assignedNodeIds: [nodeId], ofHost: true },
    createdAt: now,
    updatedAt: now,
    generation: 1n,
  });
  tx.insert(pools, pool);
  const phase = report.errorMessage ? StoragePoolStatus_Phase.ERROR : StoragePoolStatus_Phase.READY;
  seeHost(tx, clock, pool, { nodeId, phase, errorMessage: report.errorMessage, report });
}

/** How one host sees a pool now, and what follows for the whole. A `report` brings figures with it. */
export function seeHost(
  tx: Transaction,
  clock: Clock,
  pool: StoragePool,
  seen: { nodeId: string; phase: StoragePoolStatus_Phase; errorMessage: string; report?: PoolReport | undefined },
): void {
  const { nodeId, phase, errorMessage, report } = seen;
  const now = clock.now();
  const host = create(PoolHostSchema, { nodeId, phase, errorMessage, measuredAt: timestampFromMs(now) });
  rewriteStatus(tx, clock, pool, (status) => {
    const before = status.hosts.find((one) => one.nodeId === nodeId);
    const same = before?.phase === phase && before.errorMessage === errorMessage;
    if (same && !(report && isNews(status, report, now))) return false;
    status.hosts = [...status.hosts.filter((one) => one.nodeId !== nodeId), host].toSorted(byNode);
    if (!report) return true;
    if (report.capabilities) status.capabilities = clone(PoolCapabilitiesSchema, report.capabilities);
    // A host that cannot reach the storage knows nothing of how full it is.
    if (errorMessage && !isOfHost(pool)) return true;
    status.capacity = report.capacity ? clone(PoolCapacitySchema, report.capacity) : create(PoolCapacitySchema);
    status.volumeCount = report.volumeCount;
    status.measuredAt = timestampFromMs(now);
    return true;
  });
}

/** A host has nothing to do with the pool any more. */
export function forgetHost(tx: Transaction, clock: Clock, pool: StoragePool, nodeId: string): void {
  rewriteStatus(tx, clock, pool, (status) => {
    status.hosts = status.hosts.filter((host) => host.nodeId !== nodeId);
    return true;
  });
}

/** Lets `change` rewrite a copy of the status, draws the conclusions, and writes it where `change` says that it is news. */
export function rewriteStatus(
  tx: Transaction,
  clock: Clock,
  pool: StoragePool,
  change: (status: StoragePoolStatus) => boolean,
): void {
  const before = pool.status ?? create(StoragePoolStatusSchema);
  const after = clone(StoragePoolStatusSchema, before);
  if (!change(after)) return;
  conclude(pool, after);
  if (equals(StoragePoolStatusSchema, before, after)) return;
  const written = tx.update(pools, pool.id, (copy) => {
    copy.status = after;
    copy.updatedAt = timestampFromMs(clock.now());
  });
  tellOfFullness(tx, clock, written, before.nearlyFull);
  tellOfPhase(tx, clock, written, before);
}

function conclude(pool: StoragePool, status: StoragePoolStatus): void {
  const { PENDING, READY, DEGRADED, ERROR, DELETING } = StoragePoolStatus_Phase;
  status.nearlyFull = isNearlyFull(pool.spec, status.capacity, status.nearlyFull);
  const full = status.nearlyFull ? fullnessMessage(pool.spec, status.capacity) : "";
  const assigned = pool.spec?.assignedNodeIds ?? [];
  const hosts = assigned.map((id) => status.hosts.find(({ nodeId }) => nodeId === id));
  const ready = hosts.filter((host) => host?.phase === READY).length;
  const trouble = hosts.find((host): host is PoolHost => Boolean(host?.errorMessage))?.errorMessage ?? "";
  status.errorMessage = [trouble, full].filter((part) => part !== "").join("; ");
  if (pool.deletedAt) status.phase = DELETING;
  else if (ready === 0) status.phase = trouble ? ERROR : PENDING;
  else status.phase = ready === assigned.length && !status.nearlyFull ? READY : DEGRADED;
}

function tellOfFullness(tx: Transaction, clock: Clock, pool: StoragePool, was: boolean): void {
  const { nearlyFull = false, capacity } = pool.status ?? {};
  if (nearlyFull === was) return;
  const message = nearlyFull
    ? `storage pool ${pool.name} is nearly full: ${fullnessMessage(pool.spec, capacity)}`
    : `storage pool ${pool.name} has room again`;
  const severity = nearlyFull ? "WARNING" : "INFO";
  recordEvent(tx, { clock, type: "storage", severity, message, subject: poolRef(pool) });
}

/** Of pools that were declared; a host's own comes and goes with it. */
function tellOfPhase(tx: Transaction, clock: Clock, pool: StoragePool, before: StoragePoolStatus): void {
  if (isOfHost(pool)) return;
  for (const host of pool.status?.hosts ?? []) {
    const was = before.hosts.find(({ nodeId }) => nodeId === host.nodeId);
    if (was?.phase === host.phase) continue;
    const { READY, ERROR } = StoragePoolStatus_Phase;
    if (host.phase !== READY && host.phase !== ERROR) continue;
    const where = `storage pool ${pool.name} on host ${hostnameOf(tx, host.nodeId)}`;
    const message = host.phase === READY ? `${where} is ready` : `${where}: ${host.errorMessage}`;
    const severity = host.phase === READY ? "INFO" : "WARNING";
    recordEvent(tx, { clock, type: "storage", severity, message, subject: poolRef(pool), nodeId: host.nodeId });
  }
}

function byNode(a: PoolHost, b: PoolHost): number {
  return a.nodeId < b.nodeId ? -1 : 1;
}

/** A free space that moved by less than a hundredth of the whole is no news for five minutes. */
function isNews(was: StoragePoolStatus, reported: PoolReport, now: number): boolean {
  if (!was.measuredAt || now - timestampMs(was.measuredAt) >= remeasureMs) return true;
  if (was.volumeCount !== reported.volumeCount) return true;
  if (
    reported.capabilities &&
    !(was.capabilities && equals(PoolCapabilitiesSchema, was.capabilities, reported.capabilities))
  )
    return true;
  const before = was.capacity ?? create(PoolCapacitySchema);
  const after = reported.capacity ?? create(PoolCapacitySchema);
  if (equals(PoolCapacitySchema, before, after)) return false;
  const moved = after.availableBytes - before.availableBytes;
  return before.totalBytes !== after.totalBytes || (moved < 0n ? -moved : moved) * 100n >= after.totalBytes;
}
