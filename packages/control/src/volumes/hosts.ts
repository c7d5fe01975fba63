import { problem, Reason, type StoragePool, type Volume } from "@limiquantix/api";
import type { HostClients } from "../hosts/host-clients.ts";
import { isReadyOn, isShared } from "../pools/pool.ts";
import type { Transaction } from "../store/database.ts";
import { nodes, pools } from "../tables.ts";

type Reads = Pick<Transaction, "find">;

/** Hosts that have all these pools open, as far as they told. */
export function hostsOf(all: readonly StoragePool[]): string[] {
  const [first, ...others] = all;
  return (first?.spec?.assignedNodeIds ?? []).filter((id) =>
    [first, ...others].every((pool) => pool && isReadyOn(pool, id)),
  );
}

/** The pools that work on a volume takes: its own, where it is moved from, where its source is. */
export function poolsOfWork(db: Reads, ids: readonly string[]): StoragePool[] {
  return [...new Set(ids)].flatMap((id) => {
    const pool = id ? db.find(pools, id) : undefined;
    return pool ? [pool] : [];
  });
}

/** The host to do it: where the volume is, or any that has the pools open and answers. Undefined: none now. */
export function hostFor(
  { hosts }: { hosts: HostClients },
  volume: Volume,
  all: readonly StoragePool[],
): string | undefined {
  const home = volume.status?.nodeId ?? "";
  const bound = home !== "" && all.some((pool) => !isShared(pool));
  return hostsOf(all).find((id) => hosts.reachable(id) && (!bound || id === home));
}

/** Whether no host that there is can ever reach it again. */
export function isOutOfReach(db: Reads, volume: Volume): boolean {
  const pool = db.find(pools, volume.spec?.storagePoolId ?? "");
  if (!pool) return true;
  const home = volume.status?.nodeId ?? "";
  return home !== "" && !isShared(pool) && !db.find(nodes, home);
}

/** Throws POOL_UNAVAILABLE unless some host reaches all these pools. */
export function requireCommonHost(all: readonly StoragePool[]): void {
  const [first, second] = all;
  if (!first || !second || first.id === second.id) return;
  const both = first.spec?.assignedNodeIds.some((id) => second.spec?.assignedNodeIds.includes(id));
  if (both) return;
  const cause = `no host reaches it and storage pool ${first.name}`;
  throw problem(Reason.POOL_UNAVAILABLE, { pool: second.name, cause });
}
