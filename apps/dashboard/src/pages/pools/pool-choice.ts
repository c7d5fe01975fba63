import { StoragePoolStatus_Phase as Phase, type Node, type StoragePool } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import { bytes } from "../../ui/units.ts";
import { poolName } from "../images/image-facts.ts";
import { poolFill, poolState, thresholdsOf } from "./pool-state.ts";

const s = strings.pools.choice;

export interface PoolChoice {
  id: string;
  /** Its name, with what is free there or why it cannot be chosen. */
  label: string;
  blocked: boolean;
}

export interface ChoiceOf {
  pools: readonly StoragePool[];
  nodes: readonly Node[];
  /** The host that has to reach it; empty: any. */
  nodeId?: string;
  /** Where it is already. */
  except?: string;
}

/** The pools that a disk could go to: those that can be chosen first, and of the others why not. The server decides again. */
export function poolChoices({ pools, nodes, nodeId = "", except = "" }: ChoiceOf): PoolChoice[] {
  const hosts = new Map(nodes.map((node) => [node.id, node]));
  const choices = pools
    .filter(({ id, deletedAt }) => id !== except && !deletedAt)
    // The own pools of other hosts are no choice at all: of a hundred hosts there are ninety-nine.
    .filter(({ spec }) => !nodeId || !spec?.ofHost || spec.assignedNodeIds.includes(nodeId))
    .map((pool) => {
      const why = whyNot(pool, nodeId, hosts.get(nodeId)?.hostname ?? nodeId);
      const name = poolName(pool, hosts);
      const free = pool.status?.capacity?.availableBytes;
      return {
        id: pool.id,
        label: why ? s.not(name, why) : free === undefined ? name : s.free(name, bytes(free)),
        blocked: why !== "",
      };
    });
  return choices.toSorted((a, b) => Number(a.blocked) - Number(b.blocked) || a.label.localeCompare(b.label));
}

function whyNot(pool: StoragePool, nodeId: string, hostname: string): string {
  const phase = pool.status?.phase ?? Phase.UNKNOWN;
  if (phase !== Phase.READY && phase !== Phase.DEGRADED) return poolState(pool).label.toLowerCase();
  const { stop } = thresholdsOf(pool);
  if (poolFill(pool) * 100 >= stop) return s.full(stop);
  if (!nodeId) return "";
  if (!pool.spec?.assignedNodeIds.includes(nodeId)) return s.unreached(hostname);
  const host = pool.status?.hosts.find((one) => one.nodeId === nodeId);
  return host && host.phase !== Phase.READY ? s.notThere(hostname) : "";
}

/** Whether a host reaches a pool now, as far as it told. */
export function poolHas(pool: StoragePool | undefined, nodeId: string): boolean {
  if (!pool?.spec?.assignedNodeIds.includes(nodeId)) return false;
  return pool.status?.hosts.find((host) => host.nodeId === nodeId)?.phase === Phase.READY;
}
