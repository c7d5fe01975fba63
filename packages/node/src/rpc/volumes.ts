import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { problem, Reason } from "@limiquantix/api";
import {
  DeleteVolumeResponseSchema,
  ListVolumesResponseSchema,
  VolumeProgressSchema,
  VolumeReportSchema,
  type DeleteVolumeRequest,
  type EnsureVolumeRequest,
  type GrowVolumeRequest,
  type ListVolumesRequest,
  type VolumeProgress,
  type VolumeReport,
} from "@limiquantix/api/daemon";
import { progressOf } from "../jobs/job.ts";
import type { NodeParts } from "../node-parts.ts";
import type { VolumeInfo } from "../ports/volume-backend.ts";

export function ensureVolume({ volumeJobs }: NodeParts) {
  return async function* (request: EnsureVolumeRequest, context: HandlerContext): AsyncIterable<VolumeProgress> {
    const job = volumeJobs.ensure(request);
    for await (const percent of progressOf(job, context.signal)) yield create(VolumeProgressSchema, { percent });
    if (context.signal.aborted) return;
    yield create(VolumeProgressSchema, { percent: 100, done: reportOf(await job.outcome) });
  };
}

export function growVolume({ pools }: NodeParts) {
  return async ({ pool, volumeId, sizeBytes }: GrowVolumeRequest): Promise<VolumeReport> => {
    const backend = pools.get(pool);
    await backend.growVolume(volumeId, Number(sizeBytes));
    const grown = await backend.findVolume(volumeId);
    if (!grown) throw problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
    return reportOf(grown);
  };
}

export function deleteVolume({ volumeJobs }: NodeParts) {
  return async ({ pool, volumeId }: DeleteVolumeRequest) => {
    await volumeJobs.delete({ pool, volumeId });
    return create(DeleteVolumeResponseSchema);
  };
}

export function listVolumes({ pools }: NodeParts) {
  return async ({ pool }: ListVolumesRequest) => {
    const volumes = await pools.get(pool).listVolumes();
    return create(ListVolumesResponseSchema, { volumes: volumes.map(reportOf) });
  };
}

function reportOf({ volumeId, sizeBytes, usedBytes, imageId, snapshotIds }: VolumeInfo): VolumeReport {
  return create(VolumeReportSchema, {
    volumeId,
    sizeBytes: BigInt(sizeBytes),
    usedBytes: BigInt(Math.round(usedBytes ?? 0)),
    imageId,
    snapshotIds,
  });
}
