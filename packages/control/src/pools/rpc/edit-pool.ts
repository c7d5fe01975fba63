import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  invalid,
  PoolHostSchema,
  PoolTaskResponseSchema,
  problem,
  Reason,
  StoragePoolStatus_Phase,
  type AssignPoolToNodeRequest,
  type DeletePoolRequest,
  type PoolTaskResponse,
  type ReconnectPoolRequest,
  type StoragePool,
  type UnassignPoolFromNodeRequest,
} from "@limiquantix/api";
import { notFound } from "../../access/access.ts";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { pools, vms, volumes } from "../../tables.ts";
import { openTasksOf } from "../../tasks/task.ts";
import { vmsOf } from "../../volumes/attachment.ts";
import { supersede } from "../../vms/order.ts";
import { specFaults, requireHosts } from "../accept-spec.ts";
import { contentsOfPool } from "../contents.ts";
import { hostnameOf, isOfHost, poolRef } from "../pool.ts";
import type { PoolServiceParts } from "../pool-service-parts.ts";
import { openPoolTask } from "../pool-tasks.ts";
import { rewriteStatus } from "../report.ts";

/** Its hosts open it anew, one that is well too. */
export function reconnectPool(
  parts: PoolServiceParts,
  request: ReconnectPoolRequest,
  call: Call,
): Promise<PoolTaskResponse> {
  const mutation = { method: "StoragePoolService.ReconnectPool", request, response: PoolTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const pool = changePool(tx, parts, declaredPool(tx, request.id, "reconnecting it"), () => {});
    return ordered(tx, parts, { call, request, pool, kind: "pool.reconnect", what: "is to be opened anew" });
  });
}

/** Throws NOT_FOUND, PRIVILEGE_MISSING for a host that the caller may not change. */
export function assignPool(
  parts: PoolServiceParts,
  request: AssignPoolToNodeRequest,
  call: Call,
): Promise<PoolTaskResponse> {
  const mutation = { method: "StoragePoolService.AssignPoolToNode", request, response: PoolTaskResponseSchema };
  const { poolId, nodeId } = request;
  return mutate(parts, call, mutation, (tx) => {
    const before = declaredPool(tx, poolId, "assigning it");
    requireHosts(tx, call.access, [nodeId]);
    if (before.spec?.assignedNodeIds.includes(nodeId)) return create(PoolTaskResponseSchema, { pool: before });
    const pool = changePool(tx, parts, before, (copy) => {
      copy.spec?.assignedNodeIds.push(nodeId);
      const faults = copy.spec ? specFaults(copy.spec) : [];
      if (faults.length > 0) throw invalid(faults);
    });
    const what = `is to be opened by host ${hostnameOf(tx, nodeId)}`;
    return ordered(tx, parts, { call, request, pool, kind: "pool.assign", what, nodeIds: [nodeId] });
  });
}

/** Throws IN_USE while a VM on that host has a disk in it, or a volume is there and nowhere else. */
export function unassignPool(
  parts: PoolServiceParts,
  request: UnassignPoolFromNodeRequest,
  call: Call,
): Promise<PoolTaskResponse> {
  const mutation = { method: "StoragePoolService.UnassignPoolFromNode", request, response: PoolTaskResponseSchema };
  const { poolId, nodeId } = request;
  return mutate(parts, call, mutation, (tx) => {
    const before = declaredPool(tx, poolId, "taking it from its host");
    if (!before.spec?.assignedNodeIds.includes(nodeId)) return create(PoolTaskResponseSchema, { pool: before });
    requireUnusedOn(tx, before, nodeId, call);
    const pool = changePool(tx, parts, before, (copy) => {
      if (copy.spec) copy.spec.assignedNodeIds = copy.spec.assignedNodeIds.filter((id) => id !== nodeId);
      const host = create(PoolHostSchema, { nodeId, phase: StoragePoolStatus_Phase.DELETING });
      if (copy.status) copy.status.hosts = [...copy.status.hosts.filter((one) => one.nodeId !== nodeId), host];
    });
    rewriteStatus(tx, parts.clock, pool, () => true);
    const what = `is taken from host ${hostnameOf(tx, nodeId)}`;
    return ordered(tx, parts, { call, request, pool, kind: "pool.unassign", what, nodeIds: [nodeId] });
  });
}

/** Its hosts let go of it, and it is forgotten; nothing in it is touched. Throws POOL_NOT_EMPTY. */
export function deletePool(parts: PoolServiceParts, request: DeletePoolRequest, call: Call): Promise<PoolTaskResponse> {
  const { db, clock } = parts;
  const mutation = { method: "StoragePoolService.DeletePool", request, response: PoolTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const before = tx.get(pools, request.id);
    if (before.deletedAt) {
      const task = openTasksOf(tx, before.id).find(({ kind }) => kind === "pool.delete");
      return create(PoolTaskResponseSchema, { pool: before, ...(task && !request.dryRun ? { task } : {}) });
    }
    declaredPool(tx, before.id, "deleting it");
    const what = contentsOfPool(db, tx, before.id);
    if (what !== "") throw problem(Reason.POOL_NOT_EMPTY, { pool: before.name, what });
    for (const task of openTasksOf(tx, before.id)) supersede(tx, clock, task, "pool.delete");
    const marked = changePool(tx, parts, before, (copy) => void (copy.deletedAt = timestampFromMs(clock.now())));
    rewriteStatus(tx, clock, marked, () => true);
    const pool = tx.get(pools, before.id);
    return ordered(tx, parts, { call, request, pool, kind: "pool.delete", what: "is to be let go of" });
  });
}

/** Throws NOT_FOUND for one that is being deleted, UNSUPPORTED for a host's own. */
export function declaredPool(tx: Transaction, id: string, what: string): StoragePool {
  const pool = tx.get(pools, id);
  if (pool.deletedAt) throw notFound({ kind: "pool", id });
  if (!isOfHost(pool)) return pool;
  throw problem(Reason.UNSUPPORTED, { what, why: `storage pool ${pool.name} is its host's own` });
}

/** What is wanted of it from now on: its next generation. */
export function changePool(
  tx: Transaction,
  { clock }: PoolServiceParts,
  pool: StoragePool,
  change: (copy: StoragePool) => void,
): StoragePool {
  return tx.update(pools, pool.id, (copy) => {
    change(copy);
    copy.generation += 1n;
    copy.updatedAt = timestampFromMs(clock.now());
  });
}

/** The answer to a change that hosts carry out, with its task and event. */
export function ordered(
  tx: Transaction,
  { clock }: PoolServiceParts,
  order: {
    call: Call;
    request: { dryRun: boolean };
    pool: StoragePool;
    kind: string;
    what: string;
    nodeIds?: readonly string[];
  },
): PoolTaskResponse {
  const { call, kind, what } = order;
  const pool = tx.get(pools, order.pool.id);
  const { nodeIds = pool.spec?.assignedNodeIds ?? [] } = order;
  const task = openPoolTask(tx, { clock, call, kind, pool, nodeIds });
  const message = `storage pool ${pool.name} ${what}`;
  recordEvent(tx, { clock, call, type: "config", message, subject: poolRef(pool), taskId: task.id });
  return create(PoolTaskResponseSchema, { pool, ...(order.request.dryRun ? {} : { task }) });
}

function requireUnusedOn(tx: Transaction, pool: StoragePool, nodeId: string, { access }: Call): void {
  const seesVm = access.sees("vm", "vm.view");
  for (const volume of [...tx.by(volumes, "pool", pool.id), ...tx.by(volumes, "leaving", pool.id)]) {
    const holders = vmsOf(volume).flatMap((id) => tx.find(vms, id) ?? []);
    const vm = holders.find(({ status }) => status?.nodeId === nodeId);
    if (!vm && (holders.length > 0 || volume.status?.nodeId !== nodeId)) continue;
    const by = vm ? (seesVm(vm) ? `VM ${vm.name}` : "a VM") : "a volume that is on this host alone";
    throw problem(Reason.IN_USE, { kind: "storage pool", name: pool.name, by: `${by} on that host` });
  }
}
