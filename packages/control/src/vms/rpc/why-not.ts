import { clone, create } from "@bufbuild/protobuf";
import { invalid, VmSpecSchema, WhyNotResponseSchema, type WhyNotRequest, type WhyNotResponse } from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { findVm } from "../find-vm.ts";
import { specContext } from "../references.ts";
import { completeNewSpec } from "../spec/defaults.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";

/** Where a VM would go and, host by host, why not elsewhere. Nothing is reserved. */
export function whyNot(
  { db, index, placer }: VmServiceParts,
  request: WhyNotRequest,
  { access }: Call,
): WhyNotResponse {
  if (!request.vmId && !request.spec) throw invalid([{ field: "", message: "give vmId or spec" }]);
  const vm = request.vmId ? findVm(db, request.vmId, access) : undefined;
  const spec = request.spec ? completeNewSpec(clone(VmSpecSchema, request.spec), specContext(db, index)) : vm?.spec;
  const hosts = placer.verdicts(spec, { nodeId: request.nodeId, ...(vm ? { vm } : {}) });
  const [best] = hosts;
  return create(WhyNotResponseSchema, { chosenNodeId: best?.fits ? best.nodeId : "", hosts });
}
