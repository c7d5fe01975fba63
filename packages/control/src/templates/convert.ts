import {
  problem,
  Reason,
  VMTaskResponseSchema,
  type ConvertToTemplateRequest,
  type ConvertToVMRequest,
  type VMTaskResponse,
} from "@limiquantix/api";
import { recordEvent } from "../events/event.ts";
import type { Call } from "../rpc/call.ts";
import { mutate } from "../rpc/mutate.ts";
import { requireNoClonesOver } from "../snapshots/holders.ts";
import { vms } from "../tables.ts";
import { taskResponse } from "../vms/order.ts";
import { changeVm } from "../vms/reservation.ts";
import { requireNoSharedDisk } from "../volumes/volume.ts";
import type { VmServiceParts } from "../vms/vm-service-parts.ts";
import { checkAction, isAdopted, isPending, vmRef } from "../vms/vm.ts";

/** Throws VM_WRONG_STATE unless it is off, IN_USE while its host changes it. */
export function convertToTemplate(
  parts: VmServiceParts,
  request: ConvertToTemplateRequest,
  call: Call,
): Promise<VMTaskResponse> {
  return convert(parts, { method: "VMService.ConvertToTemplate", request, call, isTemplate: true });
}

/** Throws IN_USE while linked clones are over it: started, it would not be what they were made of. */
export function convertToVm(parts: VmServiceParts, request: ConvertToVMRequest, call: Call): Promise<VMTaskResponse> {
  return convert(parts, { method: "VMService.ConvertToVM", request, call, isTemplate: false });
}

function convert(
  parts: VmServiceParts,
  conversion: {
    method: string;
    request: ConvertToTemplateRequest | ConvertToVMRequest;
    call: Call;
    isTemplate: boolean;
  },
): Promise<VMTaskResponse> {
  const { method, request, call, isTemplate } = conversion;
  const { clock } = parts;
  return mutate(parts, call, { method, request, response: VMTaskResponseSchema }, (tx) => {
    const before = tx.get(vms, request.id);
    checkAction(before, "convert to template");
    if (before.isTemplate === isTemplate) return taskResponse(before);
    if (isTemplate && isPending(before)) {
      throw problem(Reason.IN_USE, { kind: "VM", name: before.name, by: "its host is changing it" });
    }
    if (isTemplate && isAdopted(before)) {
      const why = `VM ${before.name} was made outside of limiquantix: its disks are in no storage pool`;
      throw problem(Reason.UNSUPPORTED, { what: "making a template of it", why });
    }
    if (isTemplate) requireNoSharedDisk(tx, before, "a template");
    else requireNoClonesOver(tx, before, call.access);
    const vm = changeVm(tx, clock, before.id, (copy) => void (copy.isTemplate = isTemplate));
    const message = isTemplate ? `VM ${vm.name} is a template now` : `template ${vm.name} is a VM again`;
    const nodeId = vm.status?.nodeId ?? "";
    recordEvent(tx, { clock, call, type: "lifecycle", message, subject: vmRef(vm), nodeId });
    return taskResponse(vm);
  });
}
