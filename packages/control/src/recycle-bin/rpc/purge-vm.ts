import { create } from "@bufbuild/protobuf";
import { PurgeVMResponseSchema, type PurgeVMRequest, type PurgeVMResponse } from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { purgeVm, recycledVm } from "../recycle-vm.ts";

/** Throws NOT_FOUND, and VM_WRONG_STATE for a VM that is not in the recycle bin. */
export function purgeRecycledVm(parts: VmServiceParts, request: PurgeVMRequest, call: Call): Promise<PurgeVMResponse> {
  return mutate(parts, call, { method: "VMService.PurgeVM", request, response: PurgeVMResponseSchema }, (tx) => {
    const task = purgeVm(tx, parts.clock, recycledVm(tx, request.id, "purge").id, call);
    return create(PurgeVMResponseSchema, task && !request.dryRun ? { task } : {});
  });
}
