import { clone, create } from "@bufbuild/protobuf";
import {
  ImageSpec_Format,
  ImageStatus_Phase,
  invalid,
  problem,
  Reason,
  Snapshot_Phase,
  VolumeSourceSchema,
  VolumeSpec_Provisioning,
  VolumeTaskResponseSchema,
  type CloneVolumeRequest,
  type CreateVolumeRequest,
  type StoragePool,
  type Volume,
  type VolumeSource,
  type VolumeTaskResponse,
} from "@limiquantix/api";
import { formatBytes, GIB, newId } from "@limiquantix/kit";
import { notFound } from "../../access/access.ts";
import { projectIdOf } from "../../access/project-id.ts";
import { requireRoom } from "../../pools/fullness.ts";
import { whyUnable } from "../../pools/pool.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { images, snapshots, vms, volumes } from "../../tables.ts";
import { requireStill } from "../../vms/clone-source.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { requireCommonHost } from "../hosts.ts";
import { homeOf, insertVolume, isMade, livePool, requireReady, requireUnshared } from "../volume.ts";
import { orderVolume } from "./order.ts";

const gib = BigInt(GIB);
const largestBytes = 65_536n * gib;

/** Throws QUOTA_EXCEEDED, POOL_FULL, UNSUPPORTED where the pool has no shared volumes, and what is wrong with its source. */
export function createVolume(
  parts: VmServiceParts,
  request: CreateVolumeRequest,
  call: Call,
): Promise<VolumeTaskResponse> {
  const mutation = { method: "VolumeService.CreateVolume", request, response: VolumeTaskResponseSchema };
  return parts.placer.oneByOne(() =>
    mutate(parts, call, mutation, (tx) => {
      const { storagePoolId = "", sizeBytes = 0n, provisioning = 0, source, shared = false } = request.spec ?? {};
      if (!storagePoolId) throw invalid([{ field: "spec.storagePoolId", message: "is empty" }]);
      if (shared && source?.from.case) {
        throw invalid([{ field: "spec.source", message: "a shared volume is empty to begin with" }]);
      }
      return make(parts, tx, {
        call,
        request,
        kind: "volume.create",
        shared,
        projectId: request.projectId,
        storagePoolId,
        sizeBytes,
        provisioning: provisioning || VolumeSpec_Provisioning.THIN,
        source: source?.from.case ? clone(VolumeSourceSchema, source) : undefined,
        labels: request.labels,
        description: request.description,
      });
    }),
  );
}

/** A full copy. Throws VOLUME_WRONG_STATE, or VM_WRONG_STATE while its VM runs. */
export function cloneVolume(
  parts: VmServiceParts,
  request: CloneVolumeRequest,
  call: Call,
): Promise<VolumeTaskResponse> {
  const mutation = { method: "VolumeService.CloneVolume", request, response: VolumeTaskResponseSchema };
  return parts.placer.oneByOne(() =>
    mutate(parts, call, mutation, (tx) => {
      const source = tx.get(volumes, request.sourceVolumeId);
      const projectId = request.projectId ? projectIdOf(tx, request.projectId) : source.projectId;
      call.access.require("volume.create", { kind: "project", id: projectId });
      return make(parts, tx, {
        call,
        request,
        kind: "volume.clone",
        projectId,
        storagePoolId: request.storagePoolId || (source.spec?.storagePoolId ?? ""),
        sizeBytes: 0n,
        provisioning: source.spec?.provisioning ?? VolumeSpec_Provisioning.THIN,
        source: create(VolumeSourceSchema, { from: { case: "volumeId", value: source.id } }),
        labels: { ...source.labels },
        description: source.description,
      });
    }),
  );
}

interface Wanted {
  call: Call;
  request: { name: string; dryRun: boolean };
  kind: string;
  projectId: string;
  storagePoolId: string;
  /** 0: the source's. */
  sizeBytes: bigint;
  provisioning: VolumeSpec_Provisioning;
  source: VolumeSource | undefined;
  labels: Record<string, string>;
  description: string;
  shared?: boolean;
}

function make({ clock }: VmServiceParts, tx: Transaction, wanted: Wanted): VolumeTaskResponse {
  const { call, request, provisioning, source, labels, description, shared = false } = wanted;
  call.access.require("storage.allocate", { kind: "pool", id: wanted.storagePoolId });
  const pool = livePool(tx, wanted.storagePoolId);
  if (shared) requireSharedDisks(pool);
  const { smallest, nodeId } = source ? checkSource(tx, call, source, pool) : { smallest: 0n, nodeId: "" };
  const sizeBytes = sizeOf(wanted.sizeBytes, smallest);
  requireRoom(tx, pool, { bytes: sizeBytes, provisioning });
  const volume = insertVolume(tx, clock, {
    id: newId(),
    name: request.name,
    projectId: projectIdOf(tx, wanted.projectId),
    labels,
    description,
    pool,
    sizeBytes,
    provisioning,
    source,
    createdBy: call.principal.name,
    nodeId: homeOf(pool, nodeId),
    shared,
  });
  return orderVolume(tx, { clock, call, request, volume, kind: wanted.kind, what: "is to be made", cancellable: true });
}

function sizeOf(asked: bigint, smallest: bigint): bigint {
  const size = asked || ((smallest + gib - 1n) / gib) * gib;
  const faults: string[] = [];
  if (size === 0n) faults.push("say how large");
  if (size % gib !== 0n) faults.push("must be whole GiB");
  if (size > largestBytes) faults.push("is more than 64 TiB");
  if (size < smallest) faults.push(`is less than what it is made of has (${formatBytes(Number(smallest))})`);
  if (faults.length > 0) throw invalid(faults.map((message) => ({ field: "spec.sizeBytes", message })));
  return size;
}

/** The smallest size that holds the source, and the one host that it can be copied on, if it is one. */
function checkSource(
  tx: Transaction,
  call: Call,
  { from }: VolumeSource,
  pool: StoragePool,
): { smallest: bigint; nodeId: string } {
  switch (from.case) {
    case "imageId":
      return { smallest: imageBytes(tx, call, from.value), nodeId: "" };
    case "volumeId": {
      const source = readable(tx, call, from.value, pool);
      requireUnwritten(tx, source);
      return sourceFacts(source);
    }
    case "snapshot": {
      const { volumeId, snapshotId, linked } = from.value;
      const source = readable(tx, call, volumeId, pool);
      const snapshot = tx.find(snapshots, snapshotId);
      if (!snapshot?.disks.some((disk) => disk.volumeId === volumeId)) {
        throw notFound({ kind: "snapshot", id: snapshotId });
      }
      if (snapshot.phase !== Snapshot_Phase.READY) {
        const phase = Snapshot_Phase[snapshot.phase] ?? "UNKNOWN";
        throw problem(Reason.SNAPSHOT_NOT_READY, { snapshot: snapshot.name, phase });
      }
      if (linked) requireLinkable(source, pool);
      return sourceFacts(source);
    }
    default:
      return { smallest: 0n, nodeId: "" };
  }
}

function imageBytes(tx: Transaction, { access }: Call, id: string): bigint {
  access.require("image.use", { kind: "image", id });
  const image = tx.find(images, id);
  if (!image || image.deletedAt) throw notFound({ kind: "image", id });
  if (image.status?.phase !== ImageStatus_Phase.READY) {
    const phase = ImageStatus_Phase[image.status?.phase ?? 0] ?? "UNKNOWN";
    throw problem(Reason.IMAGE_NOT_READY, { image: image.name, phase });
  }
  if (image.status.format === ImageSpec_Format.ISO) {
    throw invalid([{ field: "spec.source.imageId", message: "an ISO image goes into a CD-ROM drive" }]);
  }
  return image.status.virtualSizeBytes;
}

function readable(tx: Transaction, { access }: Call, id: string, pool: StoragePool): Volume {
  access.require("volume.clone", { kind: "volume", id });
  const source = tx.get(volumes, id);
  if (!isMade(source)) requireReady(source);
  requireCommonHost([livePool(tx, source.spec?.storagePoolId ?? ""), pool]);
  return source;
}

/** Nothing writes it while it is copied; what is begun meanwhile sees the copy and is refused. */
function requireUnwritten(tx: Transaction, source: Volume): void {
  requireUnshared(tx, source, "it cannot be copied");
  const vm = tx.find(vms, source.status?.attachedVmId ?? "");
  if (!vm) return requireReady(source);
  requireStill(vm);
  tx.update(vms, vm.id, () => {});
}

/** Throws UNSUPPORTED. */
export function requireSharedDisks(pool: StoragePool): void {
  const why = whyUnable(pool, "sharedDisks");
  if (why) throw problem(Reason.UNSUPPORTED, { what: `a shared volume in storage pool ${pool.name}`, why });
}

function requireLinkable(source: Volume, pool: StoragePool): void {
  const what = "a volume that shares a snapshot's blocks";
  const why = source.spec?.storagePoolId === pool.id ? whyUnable(pool, "linkedClones") : "it must be in the same pool";
  if (why) throw problem(Reason.UNSUPPORTED, { what, why });
}

function sourceFacts({ status, spec }: Volume) {
  return { smallest: status?.sizeBytes || (spec?.sizeBytes ?? 0n), nodeId: status?.nodeId ?? "" };
}
