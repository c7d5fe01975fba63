import { Node_Phase, Taint_Effect, type Taint } from "@limiquantix/api";
import { formatBytes, MIB } from "@limiquantix/kit";
import { names, type Host, type PlacementRequest } from "./request.ts";

/** Why a host will not do, in a sentence that is only made when somebody reads it. */
export type Objection = () => string;

export interface Filter {
  readonly name: string;
  /** Undefined: no objection. */
  readonly objects: (request: PlacementRequest, host: Host) => Objection | undefined;
}

/** All that can stand in the way, in the order in which people want to read it. */
export const filters: readonly Filter[] = [
  {
    name: "ready",
    objects: (_, { node }) =>
      node.status?.phase === Node_Phase.READY
        ? undefined
        : () => `the host is ${Node_Phase[node.status?.phase ?? 0] ?? "UNKNOWN"}`,
  },
  {
    name: "schedulable",
    objects: (_, { node }) =>
      node.spec?.scheduling?.schedulable === false ? () => "the host takes no new VMs" : undefined,
  },
  {
    name: "role",
    objects: (_, { node }) =>
      node.spec?.role?.compute ? undefined : () => "the host does not run VMs (no compute role)",
  },
  {
    name: "pinned",
    objects: ({ pinnedTo }, { node }) => (!pinnedTo || names(node, pinnedTo.nodeId) ? undefined : () => pinnedTo.why),
  },
  {
    name: "required_nodes",
    objects: ({ placement }, { node }) =>
      !placement?.requiredNodes.length || placement.requiredNodes.some((name) => names(node, name))
        ? undefined
        : () => `the VM wants one of ${placement.requiredNodes.join(", ")}`,
  },
  {
    name: "excluded_nodes",
    objects: ({ placement }, { node }) =>
      placement?.excludedNodes.some((name) => names(node, name)) ? () => "the VM excludes this host" : undefined,
  },
  {
    name: "required_labels",
    objects({ placement }, { node }) {
      const missing = Object.entries(placement?.requiredLabels ?? {}).filter(
        ([key, value]) => node.labels[key] !== value,
      );
      if (missing.length === 0) return undefined;
      return () =>
        missing
          .map(
            ([key, value]) =>
              `needs label ${key}=${value}, has ${key in node.labels ? `${key}=${node.labels[key]}` : "none"}`,
          )
          .join("; ");
    },
  },
  {
    name: "taint",
    objects(request, { node }) {
      const taint = node.spec?.scheduling?.taints.find(
        (one) => one.effect !== Taint_Effect.PREFER_NO_SCHEDULE && !tolerates(request, one),
      );
      return taint && (() => `taint ${taintText(taint)} is not tolerated`);
    },
  },
  {
    name: "anti_affinity",
    objects({ avoid }, { node }) {
      const vm = avoid?.get(node.id);
      return vm === undefined ? undefined : () => `${vm} is here, and the VM keeps away from it`;
    },
  },
  {
    name: "storage",
    objects({ pools = [], choosesPool = true }, { node, hasPool }) {
      const elsewhere = pools.find(({ nodeIds }) => !nodeIds.includes(node.id));
      if (elsewhere) return () => `the host has no access to storage pool ${elsewhere.name}`;
      return hasPool || !choosesPool ? undefined : () => "the host has no storage pool that is ready and open to you";
    },
  },
  {
    name: "cpu",
    objects: ({ need }, { total, free }) =>
      need.cpuCores <= free.cpuCores
        ? undefined
        : () => `needs ${plural(need.cpuCores, "vCPU")}, ${atLeast0(free.cpuCores)} of ${total.cpuCores} free`,
  },
  {
    name: "memory",
    objects: ({ need }, { total, free }) =>
      need.memoryMib <= free.memoryMib
        ? undefined
        : () => `needs ${mib(need.memoryMib)}, ${mib(atLeast0(free.memoryMib))} of ${mib(total.memoryMib)} free`,
  },
];

/** A toleration is `key`, `key=value`, `key:EFFECT` or `key=value:EFFECT`. */
export function tolerates(request: PlacementRequest, taint: Taint): boolean {
  return (request.placement?.tolerations ?? []).some((toleration) => {
    const [, key, value, effect] = /^([^=:]+)(?:=([^:]*))?(?::(.+))?$/.exec(toleration) ?? [];
    return (
      key === taint.key &&
      (value === undefined || value === taint.value) &&
      (effect === undefined || effect === Taint_Effect[taint.effect])
    );
  });
}

export function taintText(taint: Taint): string {
  return `${taint.key}${taint.value ? `=${taint.value}` : ""}:${Taint_Effect[taint.effect]}`;
}

function mib(amount: number): string {
  return formatBytes(amount * MIB);
}

function atLeast0(amount: number): number {
  return Math.max(0, amount);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
