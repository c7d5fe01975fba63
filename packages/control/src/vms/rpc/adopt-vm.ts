import {
  problem,
  Reason,
  VirtualMachine_Origin,
  VMTaskResponseSchema,
  type AdoptVMRequest,
  type VirtualMachine,
  type VMTaskResponse,
} from "@limiquantix/api";
import { fullAccess } from "../../access/access.ts";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { networks, pools, vms } from "../../tables.ts";
import { orderVm, taskResponse } from "../order.ts";
import { placeInTree } from "../place-in-tree.ts";
import { defaultNetworkId } from "../references.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";
import { checkAction, vmRef } from "../vm.ts";

/**
 * Takes a domain that was found on a host under management. One that we made, and only its row was lost, is a VM like
 * any other again; of one that somebody else made, the definition stays as it is. It comes into the project that the
 * caller names, who must be allowed to make VMs there, and counts in its quota from then on.
 */
export function adoptVm(parts: VmServiceParts, request: AdoptVMRequest, call: Call): Promise<VMTaskResponse> {
  const { clock } = parts;
  return mutate(parts, call, { method: "VMService.AdoptVM", request, response: VMTaskResponseSchema }, (tx) => {
    const before = tx.get(vms, request.id);
    if (before.isManaged) return taskResponse(before);
    checkAction(before, "adopt");
    const name =
      /^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$/.test(before.name) && before.name.length <= 63
        ? before.name
        : `vm-${before.id.slice(0, 8)}`;
    const { projectId, folderId } = placeInTree(tx, call.access, request);
    const inProject = tx.by(vms, "name", name).filter((other) => other.projectId === projectId);
    if (inProject.some((other) => other.isManaged && other.id !== before.id)) {
      throw problem(Reason.NAME_TAKEN, { kind: "VM", name });
    }
    const { vm, task } = orderVm(tx, before.id, {
      clock,
      call,
      kind: "vm.adopt",
      change(copy) {
        copy.name = name;
        Object.assign(copy, { projectId, folderId });
        copy.isManaged = true;
        const madeByUs = copy.status !== undefined && copy.status.observedGeneration > 0n && hasOurVolumes(copy);
        copy.origin = madeByUs ? VirtualMachine_Origin.CONTROL_PLANE : VirtualMachine_Origin.IMPORTED;
        if (madeByUs) rebind(parts, copy);
      },
    });
    const message = `VM ${vm.name} was taken under management`;
    const nodeId = vm.status?.nodeId ?? "";
    recordEvent(tx, { clock, call, type: "lifecycle", message, subject: vmRef(vm), nodeId, taskId: task.id });
    return taskResponse(vm, request.dryRun ? undefined : task);
  });
}

function hasOurVolumes(vm: VirtualMachine): boolean {
  const disks = vm.spec?.disks ?? [];
  return disks.length > 0 && disks.every((disk) => disk.volumeId !== "");
}

/** Its pools and networks may have got other ids since: those of its host and the default network take their place. */
function rebind({ db, placer }: VmServiceParts, vm: VirtualMachine): void {
  // It takes no space that it did not have: which pool that is does not depend on who adopts it.
  const pool = placer.defaultPool(vm.status?.nodeId ?? "", fullAccess);
  for (const disk of vm.spec?.disks ?? []) {
    if (pool && !db.find(pools, disk.storagePoolId)) disk.storagePoolId = pool.id;
  }
  for (const nic of vm.spec?.nics ?? []) {
    if (!db.find(networks, nic.networkId)) {
      nic.networkId = defaultNetworkId(db, { access: fullAccess, projectId: vm.projectId });
    }
  }
}
