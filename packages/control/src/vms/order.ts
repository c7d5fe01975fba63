import { create } from "@bufbuild/protobuf";
import {
  problem,
  Reason,
  VMTaskResponseSchema,
  type Task,
  type VirtualMachine,
  type VMTaskResponse,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";
import { vms } from "../tables.ts";
import { endTask, openTask, openTasksOf } from "../tasks/task.ts";
import { requireNoneTaken } from "../snapshots/snapshot.ts";
import { requireNotCopied, requireSource } from "./clone-source.ts";
import { publicVm } from "./redact.ts";
import { changeVm } from "./reservation.ts";
import { shownState, statusOf, vmRef } from "./vm.ts";

/** Tasks about the VM's power: the newest one decides. */
const powerKinds: ReadonlySet<string> = new Set([
  "vm.start",
  "vm.stop",
  "vm.reboot",
  "vm.pause",
  "vm.resume",
  "vm.suspend",
]);

export interface Order {
  clock: Clock;
  call: Call | undefined;
  /** vm.start. */
  kind: string;
  change: (vm: VirtualMachine) => void;
  steps?: string[];
  cancellable?: boolean;
}

/**
 * Writes what is wanted of a VM from now on as its next generation, with the task that waits for it. A task on its
 * power that waits still gives way to a newer one. Throws IN_USE while the VM's disks are copied for a clone, or, but for
 * its power, a snapshot of it is taken, and what requireSource throws of a clone that is still to be made.
 */
export function orderVm(tx: Transaction, id: string, order: Order): { vm: VirtualMachine; task: Task } {
  const before = tx.get(vms, id);
  requireNotCopied(tx, before, order.call?.access);
  if (!powerKinds.has(order.kind) && order.kind !== "vm.delete") requireNoneTaken(tx, before);
  const vm = changeVm(tx, order.clock, id, (copy) => {
    const status = statusOf(copy);
    copy.generation += 1n;
    order.change(copy);
    status.errorMessage = "";
    status.state = shownState(copy, status.state);
  });
  requireSource(tx, vm);
  if (powerKinds.has(order.kind)) {
    for (const task of openTasksOf(tx, id)) {
      if (powerKinds.has(task.kind)) supersede(tx, order.clock, task, order.kind);
    }
  }
  const task = openTask(tx, {
    clock: order.clock,
    call: order.call,
    kind: order.kind,
    target: vmRef(vm),
    generation: vm.generation,
    steps: order.steps ?? [],
    cancellable: order.cancellable ?? false,
  });
  return { vm, task };
}

export function supersede(tx: Transaction, clock: Clock, task: Task, by: string): void {
  endTask(tx, clock, task.id, { state: "CANCELLED", problem: problem(Reason.SUPERSEDED, { by }) });
}

export function taskResponse(vm: VirtualMachine, task?: Task, warnings: string[] = []): VMTaskResponse {
  return create(VMTaskResponseSchema, { vm: publicVm(vm), warnings, ...(task ? { task } : {}) });
}
