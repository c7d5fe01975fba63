import { create } from "@bufbuild/protobuf";
import {
  fromConnectError,
  ListPoolFilesResponseSchema,
  PoolFile_Type,
  problem,
  Reason,
  type ListPoolFilesRequest,
  type ListPoolFilesResponse,
  type PoolFile,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import type { Database } from "../../store/database.ts";
import { images, pools, snapshots, vms, volumes } from "../../tables.ts";
import { tombstones } from "../../vms/tombstone.ts";
import { hostnameOf, isReadyOn, isShared, nameOnHost } from "../pool.ts";
import type { PoolServiceParts } from "../pool-service-parts.ts";

/** Asked of one host that has the pool open, or of all where each has its own part of it. Throws POOL_UNAVAILABLE. */
export async function listPoolFiles(
  { db, hosts }: PoolServiceParts,
  request: ListPoolFilesRequest,
  { signal }: Call,
): Promise<ListPoolFilesResponse> {
  const pool = db.get(pools, request.poolId);
  const able = (pool.spec?.assignedNodeIds ?? []).filter((id) => isReadyOn(pool, id) && hosts.reachable(id));
  const asked = isShared(pool) ? able.slice(0, 1) : able;
  if (asked.length === 0) {
    const cause = pool.status?.errorMessage || "no host that reaches it answers";
    throw problem(Reason.POOL_UNAVAILABLE, { pool: pool.name, cause });
  }
  const answers = await Promise.all(
    asked.map(async (nodeId) => {
      try {
        return await hosts.client(nodeId).listPoolFiles({ pool: nameOnHost(pool) }, { signal });
      } catch (error) {
        throw fromConnectError(error, `host ${hostnameOf(db, nodeId)}`);
      }
    }),
  );
  const files = answers.flatMap((answer) => answer.files);
  return create(ListPoolFilesResponseSchema, {
    files: request.orphans ? files.filter((file) => isOrphan(db, file)) : files,
    truncated: answers.some(({ truncated }) => truncated),
  });
}

/** No row knows whose it is. */
function isOrphan(db: Database, { type, ownerId }: PoolFile): boolean {
  if (type === PoolFile_Type.DIRECTORY) return false;
  if (type === PoolFile_Type.FOREIGN || !ownerId) return true;
  const known = [volumes, images, vms, tombstones, snapshots] as const;
  return known.every((table) => db.find(table as typeof volumes, ownerId) === undefined);
}
