import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { VmStatus_PowerState, type NodeMetrics } from "@limiquantix/api";
import { GetMetricsResponseSchema, type GetMetricsResponse, type StreamMetricsRequest } from "@limiquantix/api/daemon";
import { sleep } from "@limiquantix/kit";
import type { NodeParts } from "../node-parts.ts";
import type { Observer } from "../observe/observer.ts";
import type { HostFacts } from "../ports/host-facts.ts";

export function getMetrics(parts: NodeParts) {
  return () => measure(parts);
}

export function streamMetrics(parts: NodeParts) {
  return async function* (request: StreamMetricsRequest, context: HandlerContext): AsyncIterable<GetMetricsResponse> {
    const intervalMs = (request.intervalSec || 2) * 1000;
    const signal = AbortSignal.any([context.signal, parts.signal]);
    while (!signal.aborted) {
      yield await measure(parts);
      await sleep(parts.clock, intervalMs, { signal, background: true }).catch(() => {});
    }
  };
}

/** The host's own figures, with the number of guests that run. */
export async function hostMetrics({ facts, observer }: { facts: HostFacts; observer: Observer }): Promise<NodeMetrics> {
  const metrics = await facts.metrics();
  metrics.runningVmCount = observer.vms().filter((vm) => vm.state === VmStatus_PowerState.RUNNING).length;
  return metrics;
}

async function measure(parts: NodeParts): Promise<GetMetricsResponse> {
  // A host without its hypervisor still has figures of its own.
  const vms = parts.observer.link.connected ? Object.fromEntries(await parts.hypervisor.stats()) : {};
  return create(GetMetricsResponseSchema, { node: await hostMetrics(parts), vms });
}
