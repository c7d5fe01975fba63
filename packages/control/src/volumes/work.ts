import {
  fromConnectError,
  problem,
  Reason,
  VolumeSpec_Provisioning,
  type StoragePool,
  type Volume,
} from "@limiquantix/api";
import type { VolumeReport } from "@limiquantix/api/daemon";
import type { Clock } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import type { ImageDistribution } from "../images/distribution.ts";
import { hostnameOf, imagePoolFor, nameOnHost } from "../pools/pool.ts";
import type { Database } from "../store/database.ts";
import { pools, volumes } from "../tables.ts";
import { TaskReporter } from "../tasks/task-reporter.ts";
import { isSharedVolume } from "./attachment.ts";

export interface VolumeWorkParts {
  db: Database;
  clock: Clock;
  hosts: HostClients;
  images: ImageDistribution;
}

export interface VolumeWork {
  volume: Volume;
  nodeId: string;
  signal: AbortSignal;
}

/** Has a host make a volume, with what it begins with. */
export async function makeVolume(parts: VolumeWorkParts, work: VolumeWork): Promise<VolumeReport> {
  const { db, images } = parts;
  const { volume, nodeId, signal } = work;
  const pool = db.find(pools, volume.spec?.storagePoolId ?? "");
  const { from } = volume.spec?.source ?? {};
  if (from?.case === "imageId") {
    const reporter = new TaskReporter(parts, volume);
    const imagePool = imagePoolFor(db, pool, nodeId);
    await images.ensureCopy({
      imageId: from.value,
      nodeId,
      pool: imagePool ? nameOnHost(imagePool) : "",
      signal,
      onProgress: (percent) => void reporter.step({ step: "image", stepPercent: percent }).catch(() => {}),
    });
    return ensure(parts, work, { imageId: from.value });
  }
  if (from?.case === "volumeId") return ensure(parts, work, sourceIn(db, from.value, pool));
  if (from?.case === "snapshot") {
    const { volumeId, snapshotId, linked } = from.value;
    return ensure(parts, work, { ...sourceIn(db, volumeId, pool), sourceSnapshotId: snapshotId, linked });
  }
  return ensure(parts, work, {});
}

/** Has a host that reaches both pools copy it from one to the other. The one that it was stays until the copy is on record. */
export function copyOver(parts: VolumeWorkParts, work: VolumeWork): Promise<VolumeReport> {
  const from = parts.db.find(pools, work.volume.status?.movingFromPoolId ?? "");
  return ensure(parts, work, { sourceVolumeId: work.volume.id, sourcePool: from ? nameOnHost(from) : "" });
}

function sourceIn(db: Database, sourceVolumeId: string, pool: StoragePool | undefined) {
  const sourcePool = db.find(pools, db.find(volumes, sourceVolumeId)?.spec?.storagePoolId ?? "");
  return {
    sourceVolumeId,
    ...(sourcePool && sourcePool.id !== pool?.id ? { sourcePool: nameOnHost(sourcePool) } : {}),
  };
}

async function ensure(
  parts: VolumeWorkParts,
  { volume, nodeId, signal }: VolumeWork,
  from: { imageId?: string; sourceVolumeId?: string; sourcePool?: string; sourceSnapshotId?: string; linked?: boolean },
): Promise<VolumeReport> {
  const { db, hosts } = parts;
  const pool = db.find(pools, volume.spec?.storagePoolId ?? "");
  const reporter = new TaskReporter(parts, volume);
  const request = {
    pool: pool ? nameOnHost(pool) : "",
    volumeId: volume.id,
    sizeBytes: volume.spec?.sizeBytes ?? 0n,
    thick: volume.spec?.provisioning === VolumeSpec_Provisioning.THICK,
    shared: isSharedVolume(volume),
    ...from,
  };
  for await (const { percent, done } of hosts.client(nodeId).ensureVolume(request, { signal })) {
    if (done) return done;
    await reporter.step({ step: "volume", stepPercent: percent, percent });
  }
  // The host was stopped in the middle: it goes on when it is back.
  throw problem(Reason.UNAVAILABLE, { what: hostnameOf(db, nodeId), why: "it ended the work without an answer" });
}

/** What a host answered, in words. */
export function causeOf(db: Database, nodeId: string, error: unknown) {
  return fromConnectError(error, `host ${hostnameOf(db, nodeId)}`);
}
