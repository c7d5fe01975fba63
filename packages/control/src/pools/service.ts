import type { ServiceImpl } from "@connectrpc/connect";
import type { StoragePoolService } from "@limiquantix/api";
import { callOf } from "../rpc/context.ts";
import { pools } from "../tables.ts";
import type { PoolServiceParts } from "./pool-service-parts.ts";
import { createPool } from "./rpc/create-pool.ts";
import { assignPool, deletePool, reconnectPool, unassignPool } from "./rpc/edit-pool.ts";
import { listPoolFiles } from "./rpc/list-pool-files.ts";
import { listPools, watchPools } from "./rpc/list-pools.ts";
import { updatePool } from "./rpc/update-pool.ts";

export function storagePoolService(parts: PoolServiceParts) {
  const { db } = parts;
  return {
    getPool: ({ id }) => db.get(pools, id),
    listPools: (request, context) => listPools(db, request, callOf(context)),
    createPool: (request, context) => createPool(parts, request, callOf(context)),
    updatePool: (request, context) => updatePool(parts, request, callOf(context)),
    deletePool: (request, context) => deletePool(parts, request, callOf(context)),
    reconnectPool: (request, context) => reconnectPool(parts, request, callOf(context)),
    assignPoolToNode: (request, context) => assignPool(parts, request, callOf(context)),
    unassignPoolFromNode: (request, context) => unassignPool(parts, request, callOf(context)),
    listPoolFiles: (request, context) => listPoolFiles(parts, request, callOf(context)),
    watchPools: (request, context) => watchPools(db, request, callOf(context)),
  } satisfies ServiceImpl<typeof StoragePoolService>;
}
