import { create } from "@bufbuild/protobuf";
import {
  invalid,
  SnapshotTaskResponseSchema,
  type CreateSnapshotRequest,
  type Snapshot,
  type SnapshotTaskResponse,
  type Task,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { vms } from "../../tables.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { checkAction } from "../../vms/vm.ts";
import { takeSnapshot } from "../take.ts";

export function createSnapshot(
  parts: VmServiceParts,
  request: CreateSnapshotRequest,
  call: Call,
): Promise<SnapshotTaskResponse> {
  const { clock } = parts;
  const name = request.name.trim();
  if (name === "") throw invalid([{ field: "name", message: "is empty" }]);
  const mutation = { method: "VMService.CreateSnapshot", request, response: SnapshotTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const vm = tx.get(vms, request.vmId);
    checkAction(vm, request.includeMemory ? "snapshot with memory" : "snapshot");
    const { description, includeMemory, quiesce } = request;
    const { snapshot, task } = takeSnapshot(tx, clock, vm, { name, description, includeMemory, quiesce, call });
    return snapshotResponse(snapshot, request.dryRun ? undefined : task);
  });
}

export function snapshotResponse(snapshot: Snapshot, task?: Task): SnapshotTaskResponse {
  return create(SnapshotTaskResponseSchema, { snapshot, ...(task ? { task } : {}) });
}
