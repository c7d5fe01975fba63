import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { ListPoolsResponseSchema, StoragePoolSpec_Backend, type StoragePoolService } from "@limiquantix/api";
import { callOf } from "../rpc/context.ts";
import { pageOf } from "../rpc/page.ts";
import type { Database } from "../store/database.ts";
import { pools } from "../tables.ts";

export function storagePoolService({ db }: { db: Database }) {
  return {
    getPool: ({ id }) => db.get(pools, id),
    listPools(request, context) {
      const visible = callOf(context).access.sees("pool", "pool.view");
      const { projectId, backendType, nodeId } = request;
      const listed = nodeId ? db.by(pools, "node", nodeId) : [...db.all(pools)];
      const found = listed.filter(
        (pool) =>
          (!projectId || pool.projectId === projectId) &&
          (backendType === StoragePoolSpec_Backend.UNKNOWN || pool.spec?.backend === backendType) &&
          visible(pool),
      );
      const { items, nextPageToken, totalCount } = pageOf(found, request);
      return create(ListPoolsResponseSchema, { pools: items, nextPageToken, totalCount });
    },
  } satisfies ServiceImpl<typeof StoragePoolService>;
}
