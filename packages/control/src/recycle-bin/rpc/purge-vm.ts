import { create } from "@bufbuild/protobuf";
import { PurgeVMResponseSchema, type PurgeVMRequest, type PurgeVMResponse } from "@limiquantix/api";
import { notFound } from "../../access/access.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { purgeVm } from "../recycle-vm.ts";
import { recycledVms } from "../table.ts";

/** Throws NOT_FOUND for a VM that is not in the recycle bin. */
export function purgeRecycledVm(parts: VmServiceParts, request: PurgeVMRequest, call: Call): Promise<PurgeVMResponse> {
  return mutate(parts, call, { method: "VMService.PurgeVM", request, response: PurgeVMResponseSchema }, (tx) => {
    if (!tx.find(recycledVms, request.id)) throw notFound({ kind: "VM in the recycle bin", id: request.id });
    purgeVm(tx, parts.clock, request.id, call);
    return create(PurgeVMResponseSchema);
  });
}
