import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  VmDeletionSchema,
  VmDesired_Power,
  VMTaskResponseSchema,
  type DeleteVMRequest,
  type VMTaskResponse,
} from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { requireNoClonesOver } from "../../snapshots/holders.ts";
import { vms, volumes } from "../../tables.ts";
import { openTasksOf } from "../../tasks/task.ts";
import { orderVm, supersede, taskResponse } from "../order.ts";
import { keepMsOf, recycleVolumesOf } from "../../volumes/recycle.ts";
import { requireNoSharedDisk, requireNoSnapshots, requireNotMoving } from "../../volumes/volume.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";
import { checkAction, desiredOf, vmRef, wasNeverMade } from "../vm.ts";

/**
 * Wants the VM gone: its host removes what it has of it, then the row goes. Its volumes go into the recycle bin with it,
 * or stay and are free; shared ones are let go of, whatever else.
 */
export function deleteVm(parts: VmServiceParts, request: DeleteVMRequest, call: Call): Promise<VMTaskResponse> {
  const { clock } = parts;
  return mutate(parts, call, { method: "VMService.DeleteVM", request, response: VMTaskResponseSchema }, (tx) => {
    const { force, removeFromInventoryOnly: keepOnHost } = request;
    const keepMs = keepMsOf(request);
    const before = tx.get(vms, request.id);
    const already = before.deletion;
    // Asked again: the same deletion goes on, with force if that is new.
    if (already && (already.force || !force)) {
      const task = openTasksOf(tx, before.id).find(({ kind }) => kind === "vm.delete");
      return taskResponse(before, request.dryRun ? undefined : task);
    }
    // What stays on its host may run on.
    if (!already) {
      checkAction(before, force || keepOnHost ? "delete with force" : "delete");
      requireNoClonesOver(tx, before, call.access);
      // Its host would have the disk and nobody would know.
      if (keepOnHost) requireNoSharedDisk(tx, before, "removal from the inventory alone");
    }
    for (const task of openTasksOf(tx, before.id)) supersede(tx, clock, task, "vm.delete");
    const withVolumes = request.deleteVolumes !== false && !keepOnHost;
    // Their storage would keep snapshots that nobody knows of.
    if (!already && !withVolumes && !keepOnHost) {
      for (const volume of tx.by(volumes, "vm", before.id)) requireNoSnapshots(tx, volume);
    }
    const recycled = withVolumes && keepMs > 0 && !wasNeverMade(before);
    const purgeAt = already ? already.purgeAt : recycled ? timestampFromMs(clock.now() + keepMs) : undefined;
    // Removed from its host in the middle of a move, nobody would know which copy is the right one.
    if (!keepOnHost && !(withVolumes && keepMs === 0)) {
      for (const volume of tx.by(volumes, "vm", before.id)) requireNotMoving(volume);
    }
    if (!already && withVolumes) recycleVolumesOf(tx, clock, before.id, keepMs);
    const { vm, task } = orderVm(tx, before.id, {
      clock,
      call,
      kind: "vm.delete",
      change(copy) {
        copy.deletion = create(VmDeletionSchema, {
          requestedAt: already?.requestedAt ?? timestampFromMs(clock.now()),
          keepOnHost: already?.keepOnHost ?? keepOnHost,
          force,
          ...(purgeAt ? { purgeAt } : {}),
        });
        if (!copy.deletion.keepOnHost) Object.assign(desiredOf(copy), { power: VmDesired_Power.OFF, force: true });
      },
    });
    const message = `deletion of VM ${vm.name} was asked for`;
    const nodeId = vm.status?.nodeId ?? "";
    recordEvent(tx, { clock, call, type: "lifecycle", message, subject: vmRef(vm), nodeId, taskId: task.id });
    return taskResponse(vm, request.dryRun ? undefined : task);
  });
}
