import { Node_Phase, type Condition, type Node } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import type { Tone } from "../../ui/badge.tsx";

const s = strings.nodes.phases;

const phases: Record<Node_Phase, { tone: Tone; label: string; busy: boolean }> = {
  [Node_Phase.UNKNOWN]: { tone: "idle", label: s.unknown, busy: false },
  [Node_Phase.PENDING]: { tone: "info", label: s.pending, busy: true },
  [Node_Phase.READY]: { tone: "ok", label: s.ready, busy: false },
  [Node_Phase.NOT_READY]: { tone: "bad", label: s.notReady, busy: false },
  [Node_Phase.MAINTENANCE]: { tone: "warn", label: s.maintenance, busy: false },
  [Node_Phase.DRAINING]: { tone: "warn", label: s.draining, busy: true },
  [Node_Phase.OFFLINE]: { tone: "idle", label: s.offline, busy: false },
};

/** A host's phase as a person reads it. */
export function nodeState(node: Node): { tone: Tone; label: string; busy: boolean } {
  return phases[phaseOf(node)];
}

export function phaseOf(node: Node): Node_Phase {
  return node.status?.phase ?? Node_Phase.UNKNOWN;
}

export function conditionOf(node: Node, type: string): Condition | undefined {
  return node.status?.conditions.find((condition) => condition.type === type);
}

export function hasCondition(node: Node, type: string): boolean {
  return conditionOf(node, type)?.status ?? false;
}

/** Why guests are emulated in software there; undefined where they are not, and where it is not known. */
export function emulationReason(node: Node): string | undefined {
  const system = node.status?.system;
  return system?.accelerator === "tcg" ? system.acceleratorReason || strings.nodes.noKvm : undefined;
}

/** New VMs may be put there. */
export function isSchedulable(node: Node): boolean {
  return node.spec?.scheduling?.schedulable ?? true;
}
