import { create } from "@bufbuild/protobuf";
import { problem, Reason } from "@limiquantix/api";
import {
  ListPoolFilesResponseSchema,
  ReleasePoolResponseSchema,
  type EnsurePoolRequest,
  type ListPoolFilesRequest,
  type ReleasePoolRequest,
} from "@limiquantix/api/daemon";
import type { NodeParts } from "../node-parts.ts";

const FILES = 10_000;

export function ensurePool({ pools }: NodeParts) {
  return (request: EnsurePoolRequest) => pools.ensure(request);
}

export function releasePool({ pools, volumeJobs }: NodeParts) {
  return async ({ poolId }: ReleasePoolRequest) => {
    const user = pools.isDeclared(poolId) ? await volumeJobs.userOf({ pool: poolId }) : undefined;
    if (user) throw problem(Reason.IN_USE, { kind: "storage pool", name: poolId, by: `VM ${user} has a disk in it` });
    await pools.release(poolId);
    return create(ReleasePoolResponseSchema);
  };
}

export function listPoolFiles({ pools }: NodeParts) {
  return async ({ pool }: ListPoolFilesRequest) => {
    const files = await pools.get(pool).listFiles(FILES + 1);
    return create(ListPoolFilesResponseSchema, { files: files.slice(0, FILES), truncated: files.length > FILES });
  };
}
