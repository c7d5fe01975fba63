import { Placement_Strategy, Taint_Effect } from "@limiquantix/api";
import { tolerates } from "./filters.ts";
import { names, type Host, type PlacementRequest } from "./request.ts";

/**
 * 0 to 1, higher is better; only for a host that fits. A soft taint weighs most, then the hosts that the VM prefers,
 * then how full the host would be: SPREAD likes it empty, PACK full.
 */
export function score(request: PlacementRequest, host: Host): number {
  const free =
    (ratio(host.free.cpuCores - request.need.cpuCores, host.total.cpuCores) +
      ratio(host.free.memoryMib - request.need.memoryMib, host.total.memoryMib)) /
    2;
  const room = request.placement?.strategy === Placement_Strategy.PACK ? 1 - free : free;
  return 0.5 * Number(!softlyTainted(request, host)) + 0.3 * Number(preferred(request, host)) + 0.2 * room;
}

function preferred({ placement }: PlacementRequest, { node }: Host): boolean {
  return !placement?.preferredNodes.length || placement.preferredNodes.some((name) => names(node, name));
}

function softlyTainted(request: PlacementRequest, { node }: Host): boolean {
  return (node.spec?.scheduling?.taints ?? []).some(
    (taint) => taint.effect === Taint_Effect.PREFER_NO_SCHEDULE && !tolerates(request, taint),
  );
}

function ratio(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
}
