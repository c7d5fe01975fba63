import type { StoragePool } from "@limiquantix/api";
import type { Hostname } from "./hostnames.ts";
import { readHostnames } from "./hostnames.ts";
import { allPages, pageSize } from "./pages.ts";
import { isId, only } from "./resolve.ts";
import type { Session } from "./session.ts";

/** A pool's name for its id; the id itself where the pool is gone or not ours to see. */
export type PoolName = (poolId: string) => string;

export function readPools(
  session: Session,
  more: { nodeId?: string; projectId?: string } = {},
): Promise<StoragePool[]> {
  return allPages(async (pageToken) => {
    const page = await session.pools.listPools({ ...more, pageSize, pageToken });
    return { items: page.pools, nextPageToken: page.nextPageToken };
  });
}

/** By id, by name, or a host's own by `HOST/NAME`: each host has a `local`. */
export async function getPool(session: Session, ref: string): Promise<StoragePool> {
  if (isId(ref)) return session.pools.getPool({ id: ref });
  const [pools, hostname] = await Promise.all([readPools(session), readHostnames(session)]);
  const matching = pools.filter((pool) => pool.name === ref || pathOf(pool, hostname) === ref);
  return only("pool", ref, matching, (pool) => pathOf(pool, hostname) || "declared");
}

/** The shortest name that means one pool alone: `fast`, and `hv-1/local` where several hosts have a `local`. */
export async function readPoolNames(session: Session): Promise<PoolName> {
  const [pools, hostname] = await Promise.all([readPools(session), readHostnames(session)]);
  return poolNames(pools, hostname);
}

/** Pure. */
export function poolNames(pools: readonly StoragePool[], hostname: Hostname): PoolName {
  const byId = new Map(pools.map((pool) => [pool.id, pool]));
  return (poolId) => {
    const pool = byId.get(poolId);
    if (!pool) return poolId;
    const alone = pools.filter(({ name }) => name === pool.name).length === 1;
    return alone ? pool.name : pathOf(pool, hostname) || pool.name;
  };
}

function pathOf({ name, spec }: StoragePool, hostname: Hostname): string {
  const [nodeId] = spec?.assignedNodeIds ?? [];
  return spec?.ofHost && nodeId ? `${hostname(nodeId)}/${name}` : "";
}
