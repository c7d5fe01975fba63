import { create } from "@bufbuild/protobuf";
import {
  ListPoolsResponseSchema,
  PoolUpdateSchema,
  StoragePoolSpec_Backend,
  type ListPoolsRequest,
  type ListPoolsResponse,
  type PoolUpdate,
  type WatchPoolsRequest,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { pageOf } from "../../rpc/page.ts";
import type { Database } from "../../store/database.ts";
import { pools } from "../../tables.ts";
import { watchTable } from "../../watch/watch-table.ts";
import { poolsOfNode } from "../pool.ts";

export function listPools(db: Database, request: ListPoolsRequest, { access }: Call): ListPoolsResponse {
  const visible = access.sees("pool", "pool.view");
  const { projectId, backendType, nodeId } = request;
  const listed = nodeId ? poolsOfNode(db, nodeId).toSorted((a, b) => (a.id < b.id ? -1 : 1)) : [...db.all(pools)];
  const found = listed.filter(
    (pool) =>
      (!projectId || pool.projectId === projectId) &&
      (backendType === StoragePoolSpec_Backend.UNKNOWN || pool.spec?.backend === backendType) &&
      visible(pool),
  );
  const { items, nextPageToken, totalCount } = pageOf(found, request);
  return create(ListPoolsResponseSchema, { pools: items, nextPageToken, totalCount });
}

export async function* watchPools(db: Database, request: WatchPoolsRequest, call: Call): AsyncGenerator<PoolUpdate> {
  const { projectId, fromRevision } = request;
  const { access, signal } = call;
  const updates = watchTable(db, pools, {
    matches: (pool) => !projectId || pool.projectId === projectId,
    from: Number(fromRevision),
    signal,
    access,
    visible: access.sees("pool", "pool.view"),
  });
  for await (const { type, row, revision } of updates) {
    yield create(PoolUpdateSchema, { type, ...(row ? { pool: row } : {}), revision: BigInt(revision) });
  }
}
