import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { EnsureVMProgressSchema, type EnsureVMProgress, type EnsureVMRequest } from "@limiquantix/api/daemon";
import { invalid } from "@limiquantix/api";
import { progressOf } from "../jobs/job.ts";
import type { NodeParts } from "../node-parts.ts";
import type { VmOrder } from "../vms/plan-vm.ts";

export function ensureVm({ runners }: NodeParts) {
  return async function* (request: EnsureVMRequest, context: HandlerContext): AsyncIterable<EnsureVMProgress> {
    const order = orderOf(request);
    const job = runners.use(order.vmId, (runner) => runner.ensure(order));
    for await (const step of progressOf(job, context.signal)) yield create(EnsureVMProgressSchema, step);
    // The caller left; the work goes on.
    if (context.signal.aborted) return;
    yield create(EnsureVMProgressSchema, { step: "done", percent: 100, done: true, observed: await job.outcome });
  };
}

function orderOf(request: EnsureVMRequest): VmOrder {
  const { vmId, name, spec, desired, networks, adopted, defaultUser } = request;
  if (!spec) throw invalid([{ field: "spec", message: "value is required" }]);
  if (!desired) throw invalid([{ field: "desired", message: "value is required" }]);
  const generation = Number(request.generation);
  const pools = new Map(Object.entries(request.pools));
  return { vmId, name, generation, spec, desired, networks, pools, adopted, defaultUser };
}
