import { clone, create } from "@bufbuild/protobuf";
import {
  DiskDevice_Cache,
  DiskDevice_ProvisioningKind,
  DiskDeviceSchema,
  invalid,
  problem,
  Reason,
  VmSpecSchema,
  VolumeSpec_Provisioning,
  VolumeStatus_Phase,
  VolumeTaskResponseSchema,
  type AttachVolumeRequest,
  type DetachVolumeRequest,
  type DiskDevice,
  type MoveVolumeRequest,
  type ResizeVolumeRequest,
  type VirtualMachine,
  type VmSpec,
  type Volume,
  type VolumeTaskResponse,
} from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";
import { requireRoom } from "../../pools/fullness.ts";
import { hostnameOf, isReadyOn } from "../../pools/pool.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { vms, volumes } from "../../tables.ts";
import { orderSpec } from "../../vms/edit-spec.ts";
import { specContext } from "../../vms/references.ts";
import { completeDisk } from "../../vms/spec/defaults.ts";
import type { VmServiceParts } from "../../vms/vm-service-parts.ts";
import { checkAction, isAdopted } from "../../vms/vm.ts";
import { isSharedVolume, vmsOf } from "../attachment.ts";
import { requireCommonHost } from "../hosts.ts";
import {
  changeVolume,
  livePool,
  requireAttachable,
  requireNoSnapshots,
  requireNotMoving,
  requireNotRead,
  requireReady,
  requireUnshared,
  volumeStatus,
} from "../volume.ts";
import { requireSharedDisks } from "./create-volume.ts";
import { orderVolume, volumeResponse } from "./order.ts";

const gib = BigInt(GIB);
const mostDisks = 64;

/**
 * Makes a volume that is free, or shared, a disk of a VM. Throws VOLUME_WRONG_STATE, POOL_UNAVAILABLE where the VM's host
 * cannot reach it.
 */
export function attachVolume(
  parts: VmServiceParts,
  request: AttachVolumeRequest,
  call: Call,
): Promise<VolumeTaskResponse> {
  const mutation = { method: "VolumeService.AttachVolume", request, response: VolumeTaskResponseSchema };
  return parts.placer.oneByOne(() =>
    mutate(parts, call, mutation, (tx) => {
      const volume = tx.get(volumes, request.volumeId);
      if (vmsOf(volume).includes(request.vmId) && !volume.deletedAt) return volumeResponse(volume);
      const vm = editable(tx, call, request.vmId);
      requireAttachable(volume);
      requireNotRead(tx, volume);
      if (vm.projectId !== volume.projectId) {
        throw invalid([{ field: "vmId", message: "is a VM of another project than the volume" }]);
      }
      requireReach(tx, vm, volume);
      const spec = vm.spec ? clone(VmSpecSchema, vm.spec) : create(VmSpecSchema);
      if (spec.disks.length >= mostDisks) throw invalid([{ field: "vmId", message: `has ${mostDisks} disks already` }]);
      const disk = diskFor(volume);
      const by = { access: call.access, projectId: vm.projectId, before: vm.spec };
      completeDisk(disk, specContext(parts.db, parts.index, by));
      spec.disks.push(disk);
      return orderDisk(parts, tx, { vm, spec, path: "disks", kind: "vm.attach-volume", call, request, volume });
    }),
  );
}

/** Takes it from its VM, or from one of several, and keeps it. Throws VOLUME_WRONG_STATE, VOLUME_HAS_SNAPSHOTS. */
export function detachVolume(
  parts: VmServiceParts,
  request: DetachVolumeRequest,
  call: Call,
): Promise<VolumeTaskResponse> {
  const mutation = { method: "VolumeService.DetachVolume", request, response: VolumeTaskResponseSchema };
  return parts.placer.oneByOne(() =>
    mutate(parts, call, mutation, (tx) => {
      const volume = tx.get(volumes, request.volumeId);
      const { vm, spec, at } = attached(tx, call, volume, holderFor(volume, request.vmId));
      requireNotMoving(volume);
      requireNoSnapshots(tx, volume);
      spec.disks.splice(at, 1);
      return orderDisk(parts, tx, { vm, spec, path: "disks", kind: "vm.detach-volume", call, request, volume });
    }),
  );
}

/** Throws DISK_CANNOT_SHRINK, POOL_FULL, QUOTA_EXCEEDED. */
export function resizeVolume(
  parts: VmServiceParts,
  request: ResizeVolumeRequest,
  call: Call,
): Promise<VolumeTaskResponse> {
  const { clock } = parts;
  const { newSizeBytes } = request;
  if (newSizeBytes % gib !== 0n) throw invalid([{ field: "newSizeBytes", message: "must be whole GiB" }]);
  const mutation = { method: "VolumeService.ResizeVolume", request, response: VolumeTaskResponseSchema };
  return parts.placer.oneByOne(() =>
    mutate(parts, call, mutation, (tx) => {
      const before = tx.get(volumes, request.id);
      const now = before.spec?.sizeBytes ?? 0n;
      if (newSizeBytes < now) {
        const [current, wanted] = [`${now / gib} GiB`, `${newSizeBytes / gib} GiB`];
        throw problem(Reason.DISK_CANNOT_SHRINK, { disk: before.name, current, wanted });
      }
      if (newSizeBytes === now) return volumeResponse(before);
      call.access.require("storage.allocate", { kind: "pool", id: before.spec?.storagePoolId ?? "" });
      requireUnshared(tx, before, "it cannot grow");
      if (before.status?.attachedVmId) {
        const { vm, spec, at } = attached(tx, call, before);
        requireNotMoving(before);
        const disk = spec.disks[at];
        if (disk) disk.sizeGib = newSizeBytes / gib;
        const path = `disks[${at}]`;
        return orderDisk(parts, tx, { vm, spec, path, kind: "vm.resize-volume", call, request, volume: before });
      }
      requireReady(before);
      requireNotRead(tx, before);
      const pool = livePool(tx, before.spec?.storagePoolId ?? "");
      const provisioning = before.spec?.provisioning ?? VolumeSpec_Provisioning.THIN;
      requireRoom(tx, pool, { bytes: newSizeBytes - now, provisioning });
      const volume = changeVolume(tx, clock, before.id, (copy) => {
        if (copy.spec) copy.spec.sizeBytes = newSizeBytes;
        copy.generation += 1n;
        volumeStatus(copy).phase = VolumeStatus_Phase.RESIZING;
      });
      const what = `is to have ${newSizeBytes / gib} GiB`;
      return orderVolume(tx, { clock, call, request, volume, kind: "volume.resize", what });
    }),
  );
}

/** To another pool that a host of the first one reaches too. Throws VOLUME_HAS_SNAPSHOTS, POOL_UNAVAILABLE, POOL_FULL. */
export function moveVolume(parts: VmServiceParts, request: MoveVolumeRequest, call: Call): Promise<VolumeTaskResponse> {
  const { clock } = parts;
  const { storagePoolId } = request;
  const mutation = { method: "VolumeService.MoveVolume", request, response: VolumeTaskResponseSchema };
  return parts.placer.oneByOne(() =>
    mutate(parts, call, mutation, (tx) => {
      const before = tx.get(volumes, request.volumeId);
      call.access.require("storage.allocate", { kind: "pool", id: storagePoolId });
      const from = before.spec?.storagePoolId ?? "";
      if (from === storagePoolId) return volumeResponse(before);
      const target = livePool(tx, storagePoolId);
      requireUnshared(tx, before, "it cannot move");
      if (isSharedVolume(before)) requireSharedDisks(target);
      requireCommonHost([livePool(tx, from), target]);
      requireNoSnapshots(tx, before);
      if (before.status?.attachedVmId) {
        if (before.status.movingFromPoolId !== storagePoolId) requireNotMoving(before);
        const { vm, spec, at } = attached(tx, call, before);
        const nodeId = vm.status?.nodeId ?? "";
        if (!target.spec?.assignedNodeIds.includes(nodeId)) throw unreachable(tx, target.name, nodeId);
        const disk = spec.disks[at];
        if (disk) Object.assign(disk, { storagePoolId, movingFromPoolId: from });
        const path = `disks[${at}].storagePoolId`;
        return orderDisk(parts, tx, {
          vm,
          spec,
          path,
          kind: "vm.move-volume",
          call,
          request,
          volume: before,
          cancellable: true,
        });
      }
      requireReady(before);
      requireNotRead(tx, before);
      const provisioning = before.spec?.provisioning ?? VolumeSpec_Provisioning.THIN;
      requireRoom(tx, target, { bytes: before.spec?.sizeBytes ?? 0n, provisioning });
      const volume = changeVolume(tx, clock, before.id, (copy) => {
        if (copy.spec) copy.spec.storagePoolId = storagePoolId;
        copy.generation += 1n;
        const phase = VolumeStatus_Phase.MOVING;
        Object.assign(volumeStatus(copy), { movingFromPoolId: from, phase });
      });
      const what = `is to be moved to storage pool ${target.name}`;
      return orderVolume(tx, { clock, call, request, volume, kind: "volume.move", what, cancellable: true });
    }),
  );
}

/** The VM's row in its next generation; the volume's follows it in the same transaction. */
function orderDisk(
  parts: VmServiceParts,
  tx: Transaction,
  order: {
    vm: VirtualMachine;
    spec: VmSpec;
    path: string;
    kind: string;
    call: Call;
    request: ResizeVolumeRequest | AttachVolumeRequest | DetachVolumeRequest | MoveVolumeRequest;
    volume: Volume;
    cancellable?: boolean;
  },
): VolumeTaskResponse {
  const { vm, spec, path, kind, call, request, volume, cancellable = false } = order;
  const options = { kind, type: "disk", request, cancellable };
  const { task } = orderSpec(parts, tx, { vm, spec, changes: [{ path, live: true }], call, options });
  return volumeResponse(tx.get(volumes, volume.id), task);
}

function editable(tx: Transaction, { access }: Call, vmId: string): VirtualMachine {
  access.require("vm.edit", { kind: "vm", id: vmId });
  const vm = tx.get(vms, vmId);
  checkAction(vm, "update");
  if (!isAdopted(vm)) return vm;
  const why = `VM ${vm.name} was made outside of limiquantix: its definition stays as it is, only its power is managed`;
  throw problem(Reason.UNSUPPORTED, { what: "changing its devices", why });
}

/** The VM that has the volume as a disk, with a copy of its spec. Throws VOLUME_WRONG_STATE where none has, or it is being detached. */
function attached(
  tx: Transaction,
  call: Call,
  volume: Volume,
  vmId = volume.status?.attachedVmId ?? "",
): { vm: VirtualMachine; spec: VmSpec; at: number } {
  const wrong = (state: string) =>
    problem(Reason.VOLUME_WRONG_STATE, { volume: volume.name, state, wanted: "attached to a VM" });
  if (!vmId || !tx.find(vms, vmId)) throw wrong("attached to no VM");
  const vm = editable(tx, call, vmId);
  const spec = vm.spec ? clone(VmSpecSchema, vm.spec) : create(VmSpecSchema);
  const at = spec.disks.findIndex(({ volumeId }) => volumeId === volume.id);
  if (at < 0) throw wrong("being detached");
  return { vm, spec, at };
}

/** Which VM is meant; empty where it says nothing and one alone has it. Throws INVALID_REQUEST. */
function holderFor(volume: Volume, asked: string): string {
  const holders = vmsOf(volume);
  if (!asked && holders.length > 1) {
    throw invalid([
      { field: "vmId", message: `is empty: ${holders.length} VMs have volume ${volume.name}; say which` },
    ]);
  }
  if (asked && !holders.includes(asked)) {
    throw problem(Reason.VOLUME_WRONG_STATE, {
      volume: volume.name,
      state: "not attached to that VM",
      wanted: "attached to it",
    });
  }
  return asked || (holders[0] ?? "");
}

function requireReach(tx: Transaction, vm: VirtualMachine, volume: Volume): void {
  const pool = livePool(tx, volume.spec?.storagePoolId ?? "");
  const nodeId = vm.status?.nodeId ?? "";
  const home = volume.status?.nodeId ?? "";
  if (!isReadyOn(pool, nodeId) || (home !== "" && home !== nodeId)) throw unreachable(tx, pool.name, nodeId);
}

function unreachable(tx: Transaction, pool: string, nodeId: string) {
  const cause = `host ${hostnameOf(tx, nodeId)}, where the VM is, does not reach it`;
  return problem(Reason.POOL_UNAVAILABLE, { pool, cause });
}

function diskFor({ id, spec }: Volume): DiskDevice {
  const shared = spec?.shared ?? false;
  const thick = spec?.provisioning === VolumeSpec_Provisioning.THICK;
  const { THIN, THICK_LAZY } = DiskDevice_ProvisioningKind;
  return create(DiskDeviceSchema, {
    volumeId: id,
    storagePoolId: spec?.storagePoolId ?? "",
    sizeGib: (spec?.sizeBytes ?? 0n) / gib,
    provisioning: thick ? THICK_LAZY : THIN,
    discardEnabled: true,
    shared,
    // Another guest is to read what this one wrote.
    ...(shared ? { cache: DiskDevice_Cache.NONE } : {}),
  });
}
