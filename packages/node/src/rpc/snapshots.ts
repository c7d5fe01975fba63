import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  SnapshotProgressSchema,
  type CreateSnapshotRequest,
  type DeleteSnapshotRequest,
  type SnapshotProgress,
} from "@limiquantix/api/daemon";
import { progressOf } from "../jobs/job.ts";
import type { NodeParts } from "../node-parts.ts";
import type { SnapshotJob } from "../vms/snapshots/snapshot-order.ts";

export function createSnapshot({ runners }: NodeParts) {
  return (request: CreateSnapshotRequest, context: HandlerContext): AsyncIterable<SnapshotProgress> =>
    progress(
      runners.use(request.vmId, (runner) => runner.createSnapshot(request)),
      context.signal,
    );
}

export function deleteSnapshot({ runners }: NodeParts) {
  return (request: DeleteSnapshotRequest, context: HandlerContext): AsyncIterable<SnapshotProgress> => {
    const { vmId, snapshotId, volumes } = request;
    const order = { vmId, snapshotId, volumes, includeMemory: false, quiesce: false };
    return progress(
      runners.use(vmId, (runner) => runner.deleteSnapshot(order)),
      context.signal,
    );
  };
}

/** The work goes on when the caller leaves. */
async function* progress(job: SnapshotJob, signal: AbortSignal): AsyncIterable<SnapshotProgress> {
  for await (const step of progressOf(job, signal)) yield create(SnapshotProgressSchema, step);
  if (signal.aborted) return;
  yield create(SnapshotProgressSchema, { percent: 100, done: await job.outcome });
}
