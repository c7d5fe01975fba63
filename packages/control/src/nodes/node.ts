import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ConditionSchema, Node_Phase, NodeStatusSchema, type Node } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { hasCondition, type ConditionType } from "../hosts/conditions.ts";
import type { Transaction } from "../store/database.ts";
import { nodes } from "../tables.ts";

/*
 * A host's phase follows from its conditions:
 *
 *   RegisterNode ──▶ PENDING ──stream up──▶ READY ◀──EnableNode── MAINTENANCE ◀──empty── DRAINING
 *                                            │  └──DisableNode──────▲   DrainNode ─────────▲
 *                                            ▼ no sign of life for 5 s, or no hypervisor
 *                                        NOT_READY ──▶ what it was
 */

export interface ConditionChange {
  status: boolean;
  reason?: string;
  message?: string;
}

export function phaseOf(node: Node): Node_Phase {
  const reachable = node.status?.conditions.find(({ type }) => type === "Reachable");
  if (!reachable) return Node_Phase.PENDING;
  if (!reachable.status || !hasCondition(node, "HypervisorReady")) return Node_Phase.NOT_READY;
  if (hasCondition(node, "Draining")) return Node_Phase.DRAINING;
  return hasCondition(node, "Maintenance") ? Node_Phase.MAINTENANCE : Node_Phase.READY;
}

/** Sets conditions of a row that is about to be changed, and the phase that follows. */
export function setConditions(node: Node, now: number, changes: Partial<Record<ConditionType, ConditionChange>>): void {
  const status = (node.status ??= create(NodeStatusSchema));
  for (const [type, change] of Object.entries(changes)) {
    let condition = status.conditions.find((one) => one.type === type);
    if (!condition) status.conditions.push((condition = create(ConditionSchema, { type, status: !change.status })));
    if (condition.status !== change.status) condition.changedAt = timestampFromMs(now);
    Object.assign(condition, { status: change.status, reason: change.reason ?? "", message: change.message ?? "" });
  }
  const trouble = status.conditions.find(
    ({ type, status: ok }) => !ok && (type === "Reachable" || type === "HypervisorReady"),
  );
  status.errorMessage = trouble?.message ?? "";
  status.phase = phaseOf(node);
}

/** True where these conditions are what the row has: nothing to write. */
export function hasConditions(node: Node, changes: Partial<Record<ConditionType, ConditionChange>>): boolean {
  return Object.entries(changes).every(([type, { status, message = "" }]) =>
    node.status?.conditions.some((one) => one.type === type && one.status === status && one.message === message),
  );
}

/** Changes what is wanted of a node: its next generation. */
export function changeNode(tx: Transaction, clock: Clock, id: string, change: (node: Node) => void): Node {
  return tx.update(nodes, id, (node) => {
    change(node);
    node.generation += 1n;
    node.updatedAt = timestampFromMs(clock.now());
  });
}

export function nodeRef(node: Node): { kind: string; id: string; name: string } {
  return { kind: "node", id: node.id, name: node.hostname };
}

export function phaseName(node: Node): string {
  return Node_Phase[node.status?.phase ?? 0] ?? "UNKNOWN";
}
