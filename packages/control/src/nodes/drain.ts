import { problem, Reason, VmStatus_PowerState, type Node, type VirtualMachine } from "@limiquantix/api";
import { WorkQueue, type Clock, type Log } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { Database } from "../store/database.ts";
import { nodes, vms } from "../tables.ts";
import { endTask, openTasksOf } from "../tasks/task.ts";
import { isPending, stateOf } from "../vms/vm.ts";
import { hasCondition } from "../hosts/conditions.ts";
import { changeNode, nodeRef, setConditions } from "./node.ts";

const down: ReadonlySet<VmStatus_PowerState> = new Set([
  VmStatus_PowerState.STOPPED,
  VmStatus_PowerState.SUSPENDED,
  VmStatus_PowerState.CRASHED,
  VmStatus_PowerState.ERROR,
]);

/** Something of it runs on its host, or may. */
export function isUp(vm: VirtualMachine): boolean {
  return !down.has(stateOf(vm));
}

export type DrainProgress = { is: "emptying" } | { is: "empty" } | { is: "stuck"; vms: string[] };

/** How far the draining of a host is. Pure. */
export function drainProgress(here: readonly VirtualMachine[]): DrainProgress {
  const up = here.filter(isUp);
  if (up.length === 0) return { is: "empty" };
  const stuck = up.filter((vm) => !isPending(vm) && !vm.deletion);
  return stuck.length > 0 ? { is: "stuck", vms: stuck.map((vm) => vm.name) } : { is: "emptying" };
}

/** Ends drains when their hosts are empty, or cannot become so. Woken by each change of a VM there. */
export class DrainReconciler {
  readonly #parts: { db: Database; clock: Clock };
  readonly #queue: WorkQueue;
  #subscription: Disposable | undefined;

  constructor(parts: { db: Database; clock: Clock; log: Log }) {
    this.#parts = parts;
    this.#queue = new WorkQueue((id) => this.#reconcile(id), {
      clock: parts.clock,
      backoff: { baseMs: 500, maxMs: 30_000 },
      onFailure: (id, cause) => parts.log.warn("drain: will try again", { node: id, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  start(): void {
    const { db } = this.#parts;
    this.#subscription = db.subscribe((changes) => {
      for (const { table, after, before } of changes) {
        if (table.kind === nodes.kind) this.#wake((after as Node | undefined)?.id);
        if (table.kind === vms.kind) this.#wake(((after ?? before) as VirtualMachine).status?.nodeId);
      }
    });
    for (const node of db.all(nodes)) this.#wake(node.id);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  #wake(nodeId: string | undefined): void {
    const node = nodeId && this.#parts.db.find(nodes, nodeId);
    if (node && hasCondition(node, "Draining")) this.#queue.add(node.id);
  }

  async #reconcile(id: string): Promise<void> {
    const { db, clock } = this.#parts;
    await db.transact((tx) => {
      const node = tx.find(nodes, id);
      if (!node || !hasCondition(node, "Draining")) return;
      const progress = drainProgress(tx.by(vms, "node", id));
      if (progress.is === "emptying") return;
      const after = changeNode(tx, clock, id, (copy) =>
        setConditions(copy, clock.now(), { Draining: { status: false }, Maintenance: { status: true } }),
      );
      const stuck = progress.is === "stuck" ? progress.vms : [];
      const params = { node: node.hostname, count: String(stuck.length) };
      for (const task of openTasksOf(tx, id)) {
        if (task.kind !== "node.drain") continue;
        if (stuck.length === 0) endTask(tx, clock, task.id, { state: "SUCCEEDED" });
        else endTask(tx, clock, task.id, { state: "FAILED", problem: problem(Reason.NODE_DRAIN_BLOCKED, params) });
      }
      const message =
        stuck.length === 0
          ? `host ${node.hostname} is empty and in maintenance`
          : `host ${node.hostname} could not be drained: ${stuck.join(", ")} still run`;
      const severity = stuck.length === 0 ? "INFO" : "WARNING";
      recordEvent(tx, { clock, type: "lifecycle", severity, message, subject: nodeRef(after), nodeId: id });
    });
  }
}
