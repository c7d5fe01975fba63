import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  PoolTaskResponseSchema,
  StoragePoolSchema,
  StoragePoolStatus_Phase,
  type CreatePoolRequest,
  type PoolTaskResponse,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { projectIdOf } from "../../access/project-id.ts";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { pools } from "../../tables.ts";
import { acceptSpec, requireHosts } from "../accept-spec.ts";
import { poolRef } from "../pool.ts";
import { storeSecret, takeSecret } from "../pool-secrets.ts";
import type { PoolServiceParts } from "../pool-service-parts.ts";
import { openPoolTask } from "../pool-tasks.ts";

/** Declares a pool; its hosts open it. Throws INVALID_REQUEST, NAME_TAKEN. */
export function createPool(parts: PoolServiceParts, request: CreatePoolRequest, call: Call): Promise<PoolTaskResponse> {
  const { clock, sealer } = parts;
  const mutation = { method: "StoragePoolService.CreatePool", request, response: PoolTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const spec = acceptSpec(request.spec);
    requireHosts(tx, call.access, spec.assignedNodeIds);
    const secret = takeSecret(spec);
    const now = timestampFromMs(clock.now());
    const pool = create(StoragePoolSchema, {
      id: newId(),
      name: request.name,
      projectId: projectIdOf(tx, request.projectId),
      labels: request.labels,
      description: request.description,
      spec,
      status: { phase: StoragePoolStatus_Phase.PENDING },
      createdAt: now,
      updatedAt: now,
      generation: 1n,
    });
    tx.insert(pools, pool);
    storeSecret(tx, sealer, pool, secret);
    const task = openPoolTask(tx, { clock, call, kind: "pool.create", pool, nodeIds: spec.assignedNodeIds });
    const message = `storage pool ${pool.name} was declared`;
    recordEvent(tx, { clock, call, type: "lifecycle", message, subject: poolRef(pool), taskId: task.id });
    return create(PoolTaskResponseSchema, { pool, ...(request.dryRun ? {} : { task }) });
  });
}
