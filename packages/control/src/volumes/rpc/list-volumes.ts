import { create } from "@bufbuild/protobuf";
import {
  ListVolumesResponseSchema,
  VolumeStatus_Phase,
  VolumeUpdateSchema,
  type ListVolumesRequest,
  type ListVolumesResponse,
  type Volume,
  type VolumeUpdate,
  type WatchVolumesRequest,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { pageOf } from "../../rpc/page.ts";
import type { Database } from "../../store/database.ts";
import { volumes } from "../../tables.ts";
import { watchTable } from "../../watch/watch-table.ts";
import { vmsOf } from "../attachment.ts";

/** What is in the recycle bin is shown where it is asked for. */
export function listVolumes(db: Database, request: ListVolumesRequest, { access }: Call): ListVolumesResponse {
  const visible = access.sees("volume", "volume.view");
  const found = candidates(db, request).filter((volume) => matches(volume, request) && visible(volume));
  const { items, nextPageToken, totalCount } = pageOf(found, request);
  return create(ListVolumesResponseSchema, { volumes: items, nextPageToken, totalCount });
}

export async function* watchVolumes(
  db: Database,
  { projectId, fromRevision }: WatchVolumesRequest,
  { access, signal }: Call,
): AsyncGenerator<VolumeUpdate> {
  const updates = watchTable(db, volumes, {
    matches: (volume) => !projectId || volume.projectId === projectId,
    from: Number(fromRevision),
    signal,
    access,
    visible: access.sees("volume", "volume.view"),
  });
  for await (const { type, row, revision } of updates) {
    yield create(VolumeUpdateSchema, { type, ...(row ? { volume: row } : {}), revision: BigInt(revision) });
  }
}

function candidates(db: Database, { attachedVmId, storagePoolId, projectId }: ListVolumesRequest): readonly Volume[] {
  if (attachedVmId) return db.by(volumes, "vm", attachedVmId);
  if (storagePoolId) return db.by(volumes, "pool", storagePoolId);
  return projectId ? db.by(volumes, "project", projectId) : [...db.all(volumes)];
}

function matches(volume: Volume, request: ListVolumesRequest): boolean {
  const { projectId, storagePoolId, attachedVmId, labels, phase, recycled } = request;
  const wantsBin = recycled || phase === VolumeStatus_Phase.RECYCLED || phase === VolumeStatus_Phase.DELETING;
  return (
    (!projectId || volume.projectId === projectId) &&
    (!storagePoolId || volume.spec?.storagePoolId === storagePoolId) &&
    (!attachedVmId || vmsOf(volume).includes(attachedVmId)) &&
    (phase === VolumeStatus_Phase.UNKNOWN || volume.status?.phase === phase) &&
    (wantsBin || !volume.deletedAt) &&
    Object.entries(labels).every(([key, value]) => volume.labels[key] === value)
  );
}
