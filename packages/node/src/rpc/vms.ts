import { create } from "@bufbuild/protobuf";
import { problem, Reason, type ObservedVm } from "@limiquantix/api";
import {
  AdoptVMResponseSchema,
  DeleteVMResponseSchema,
  GetVMLogsResponseSchema,
  ListVMsResponseSchema,
  type AdoptVMRequest,
  type DeleteVMRequest,
  type GetVMLogsRequest,
  type GetVMStatusRequest,
} from "@limiquantix/api/daemon";
import type { NodeParts } from "../node-parts.ts";

export function deleteVm({ runners }: NodeParts) {
  return async ({ vmId, keepOnHost, keepVolumes, spec }: DeleteVMRequest) => {
    await runners.use(vmId, (runner) => runner.remove({ keepOnHost, keepVolumes, spec }));
    return create(DeleteVMResponseSchema);
  };
}

export function adoptVm({ runners }: NodeParts) {
  return async ({ vmId, generation }: AdoptVMRequest) => {
    const observed = await runners.use(vmId, (runner) => runner.adopt(Number(generation)));
    return create(AdoptVMResponseSchema, { observed });
  };
}

export function getVmStatus({ observer }: NodeParts) {
  return async ({ vmId }: GetVMStatusRequest): Promise<ObservedVm> => {
    const observed = await observer.look(vmId);
    if (!observed) throw problem(Reason.NOT_FOUND, { kind: "VM", id: vmId });
    return observed;
  };
}

export function listVms({ observer }: NodeParts) {
  return () => create(ListVMsResponseSchema, { vms: observer.vms() });
}

export function getVmLogs({ hypervisor }: NodeParts) {
  return async ({ vmId, lines }: GetVMLogsRequest) =>
    create(GetVMLogsResponseSchema, { text: await hypervisor.consoles.log(vmId, lines || 100) });
}
