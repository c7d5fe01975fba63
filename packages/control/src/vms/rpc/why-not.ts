import { clone, create } from "@bufbuild/protobuf";
import { invalid, VmSpecSchema, WhyNotResponseSchema, type WhyNotRequest, type WhyNotResponse } from "@limiquantix/api";
import { projectIdOf } from "../../access/project-id.ts";
import { viewableNode } from "../../hosts/find-node.ts";
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
  const projectId = vm?.projectId ?? projectIdOf(db, request.projectId);
  const by = { access, projectId, before: vm?.spec };
  const asked = request.spec && clone(VmSpecSchema, request.spec);
  const spec = asked ? completeNewSpec(asked, specContext(db, index, by)) : vm?.spec;
  const nodeId = request.nodeId && viewableNode(db, request.nodeId, access).id;
  const hosts = placer.verdicts(spec, { nodeId, vm, for: by });
  const [best] = hosts;
  return create(WhyNotResponseSchema, { chosenNodeId: best?.fits ? best.nodeId : "", hosts });
}
