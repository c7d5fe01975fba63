import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, Task_State, type Problem, type StoragePool, type Task } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { tasks } from "../tables.ts";
import { endTask, openTask, openTasksOf } from "../tasks/task.ts";
import { hostnameOf, poolRef } from "./pool.ts";

/** A task on a pool with a step for each host that has a part in it. One without hosts has ended already. */
export function openPoolTask(
  tx: Transaction,
  options: { clock: Clock; call: Call; kind: string; pool: StoragePool; nodeIds: readonly string[] },
): Task {
  const { clock, call, kind, pool, nodeIds } = options;
  const steps = nodeIds.map((id) => hostnameOf(tx, id));
  const task = openTask(tx, { clock, call, kind, target: poolRef(pool), generation: pool.generation, steps });
  if (steps.length > 0 || kind === "pool.delete") return task;
  endTask(tx, clock, task.id, { state: "SUCCEEDED" });
  return tx.get(tasks, task.id);
}

/** Whether a host's part in a task of this kind on the pool is still to be done. */
export function awaits(db: Pick<Transaction, "find" | "by">, kind: string, poolId: string, nodeId: string): boolean {
  const name = hostnameOf(db, nodeId);
  return openTasksOf(db, poolId).some(
    (task) => task.kind === kind && task.steps.some((step) => step.name === name && !isEnded(step.state)),
  );
}

/**
 * A host has done its part, or could not. A task ends with its last step: well where at least one host did it, since the
 * others catch up when they can.
 */
export function settleStep(
  tx: Transaction,
  clock: Clock,
  outcome: { poolId: string; nodeId: string; failure?: Problem | undefined },
): void {
  const { poolId, nodeId, failure } = outcome;
  const name = hostnameOf(tx, nodeId);
  for (const task of openTasksOf(tx, poolId)) {
    if (!task.steps.some((step) => step.name === name && !isEnded(step.state))) continue;
    const { steps } = tx.update(tasks, task.id, (copy) => {
      copy.state = Task_State.RUNNING;
      copy.startedAt ??= timestampFromMs(clock.now());
      for (const step of copy.steps) {
        if (step.name !== name || isEnded(step.state)) continue;
        step.state = failure ? Task_State.FAILED : Task_State.SUCCEEDED;
        step.percent = 100;
        step.message = failure?.message ?? "";
      }
      copy.percent = Math.floor((99 * copy.steps.filter(({ state }) => isEnded(state)).length) / copy.steps.length);
    });
    if (!steps.every(({ state }) => isEnded(state)) || task.kind === "pool.delete") continue;
    const done = steps.some(({ state }) => state === Task_State.SUCCEEDED);
    const why = failure ?? problem(Reason.UNAVAILABLE, { what: "the pool's hosts", why: "none could do it" });
    if (done) endWithoutSteps(tx, clock, task.id);
    else endTask(tx, clock, task.id, { state: "FAILED", problem: why });
  }
}

/** A host's part cannot be done yet. */
export function stepWaits(tx: Transaction, poolId: string, nodeId: string, message: string): void {
  const name = hostnameOf(tx, nodeId);
  for (const task of openTasksOf(tx, poolId)) {
    const at = task.steps.findIndex((step) => step.name === name && !isEnded(step.state) && step.message !== message);
    if (at < 0) continue;
    tx.update(tasks, task.id, (copy) => {
      const step = copy.steps[at];
      if (step) step.message = message;
    });
  }
}

/** Steps that failed keep saying so. */
function endWithoutSteps(tx: Transaction, clock: Clock, id: string): void {
  tx.update(tasks, id, (task) => {
    task.state = Task_State.SUCCEEDED;
    task.percent = 100;
    task.finishedAt = timestampFromMs(clock.now());
  });
}

function isEnded(state: Task_State): boolean {
  return state !== Task_State.QUEUED && state !== Task_State.RUNNING;
}
