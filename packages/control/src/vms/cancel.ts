import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, VmDeletionSchema, VmDesired_Power } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import { vms } from "../tables.ts";
import { recycleVolumesOf } from "../volumes/recycle.ts";
import type { Cancellers } from "../tasks/service.ts";
import { endTask } from "../tasks/task.ts";
import { orderVm } from "./order.ts";
import { changeVm } from "./reservation.ts";
import { desiredOf, isPending, shownState, statusOf, vmRef } from "./vm.ts";

/** What it means to call off a task on a VM: a creation or a clone is undone and the VM removed, a start ends in a VM that is off. */
export function vmCancellers(clock: Clock): Cancellers {
  const undo: Cancellers[string] = (tx, task, call) => {
    const vm = tx.find(vms, task.target?.id ?? "");
    if (!vm || vm.deletion || !isPending(vm)) return;
    recycleVolumesOf(tx, clock, vm.id, 0);
    const after = changeVm(tx, clock, vm.id, (copy) => {
      copy.generation += 1n;
      copy.deletion = create(VmDeletionSchema, { requestedAt: timestampFromMs(clock.now()) });
      Object.assign(desiredOf(copy), { power: VmDesired_Power.OFF, force: true });
      const status = statusOf(copy);
      status.state = shownState(copy, status.state);
    });
    const message = `creation of VM ${vm.name} was cancelled`;
    recordEvent(tx, { clock, call, type: "lifecycle", message, subject: vmRef(after), taskId: task.id });
  };
  return {
    "vm.create": undo,
    "vm.clone": undo,
    /** Disks go back to where they came from; their host knows how far each has got. */
    "vm.move-volume"(tx, task, call) {
      const vm = tx.find(vms, task.target?.id ?? "");
      const moving = vm?.spec?.disks.filter(({ movingFromPoolId }) => movingFromPoolId !== "") ?? [];
      if (!vm || vm.deletion || moving.length === 0) return;
      const { vm: after } = orderVm(tx, vm.id, {
        clock,
        call,
        kind: "vm.cancel-move",
        change(copy) {
          for (const disk of copy.spec?.disks ?? []) {
            if (disk.movingFromPoolId === "") continue;
            [disk.storagePoolId, disk.movingFromPoolId] = [disk.movingFromPoolId, disk.storagePoolId];
          }
        },
      });
      endTask(tx, clock, task.id, {
        state: "CANCELLED",
        problem: problem(Reason.CANCELLED, { who: call.principal.name }),
      });
      const message = `the move of a disk of VM ${vm.name} was cancelled`;
      recordEvent(tx, { clock, call, type: "disk", message, subject: vmRef(after), taskId: task.id });
    },
    "vm.start"(tx, task, call) {
      const vm = tx.find(vms, task.target?.id ?? "");
      if (!vm || vm.deletion || !isPending(vm)) return;
      const after = changeVm(tx, clock, vm.id, (copy) => {
        copy.generation += 1n;
        Object.assign(desiredOf(copy), { power: VmDesired_Power.OFF, force: true, stopTimeoutSeconds: 0 });
        const status = statusOf(copy);
        status.state = shownState(copy, status.state);
      });
      endTask(tx, clock, task.id, {
        state: "CANCELLED",
        problem: problem(Reason.CANCELLED, { who: call.principal.name }),
      });
      const message = `start of VM ${vm.name} was cancelled`;
      recordEvent(tx, { clock, call, type: "power", message, subject: vmRef(after), taskId: task.id });
    },
  };
}
