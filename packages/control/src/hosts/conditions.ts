import type { Node } from "@limiquantix/api";

/** True, false, or why not; a condition that was never set is unknown. */
export type ConditionType = "Reachable" | "HypervisorReady" | "Maintenance" | "Draining" | "CertificateExpiring";

export function hasCondition(node: Node, type: ConditionType): boolean {
  return node.status?.conditions.some((condition) => condition.type === type && condition.status) ?? false;
}
