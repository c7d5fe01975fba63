import { clone } from "@bufbuild/protobuf";
import {
  DiskDeviceSchema,
  NetworkInterfaceSchema,
  problem,
  Reason,
  type AttachDiskRequest,
  type AttachNICRequest,
  type DetachDiskRequest,
  type DetachNICRequest,
  type EjectISORequest,
  type MountISORequest,
  type ResizeDiskRequest,
  type VMTaskResponse,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { volumes } from "../../tables.ts";
import { defaultKeepMs, recycleVolume } from "../../volumes/recycle.ts";
import { requireNoSnapshots, requireNotMoving, requireUnshared } from "../../volumes/volume.ts";
import { editSpec, type SpecEdit } from "../edit-spec.ts";
import type { VmServiceParts } from "../vm-service-parts.ts";

type Request = SpecEdit["request"] & { vmId: string };

export function attachDisk(parts: VmServiceParts, request: AttachDiskRequest, call: Call): Promise<VMTaskResponse> {
  return edit(parts, request, call, ["AttachDisk", "vm.attach-disk", "disk"], (spec) => {
    if (request.disk) spec.disks.push(clone(DiskDeviceSchema, request.disk));
  });
}

/** Takes a disk from its VM; its volume stays, attached to nothing, or goes into the recycle bin. Throws VOLUME_HAS_SNAPSHOTS. */
export function detachDisk(parts: VmServiceParts, request: DetachDiskRequest, call: Call): Promise<VMTaskResponse> {
  return edit(parts, request, call, ["DetachDisk", "vm.detach-disk", "disk"], (spec, _, tx) => {
    const [disk] = spec.disks.splice(indexOf(spec.disks, request.diskId, "disk"), 1);
    const volume = disk && tx.find(volumes, disk.volumeId);
    if (!volume) return;
    requireNotMoving(volume);
    requireNoSnapshots(tx, volume);
    if (request.deleteVolume) requireUnshared(tx, volume, "it cannot be deleted");
    if (request.deleteVolume) recycleVolume(tx, parts.clock, volume.id, defaultKeepMs);
  });
}

export function resizeDisk(parts: VmServiceParts, request: ResizeDiskRequest, call: Call): Promise<VMTaskResponse> {
  return edit(parts, request, call, ["ResizeDisk", "vm.resize-disk", "disk"], (spec) => {
    const disk = spec.disks[indexOf(spec.disks, request.diskId, "disk")];
    if (disk) disk.sizeGib = request.newSizeGib;
  });
}

export function attachNic(parts: VmServiceParts, request: AttachNICRequest, call: Call): Promise<VMTaskResponse> {
  return edit(parts, request, call, ["AttachNIC", "vm.attach-nic", "network"], (spec) => {
    if (request.nic) spec.nics.push(clone(NetworkInterfaceSchema, request.nic));
  });
}

export function detachNic(parts: VmServiceParts, request: DetachNICRequest, call: Call): Promise<VMTaskResponse> {
  return edit(parts, request, call, ["DetachNIC", "vm.detach-nic", "network"], (spec) => {
    spec.nics.splice(indexOf(spec.nics, request.nicId, "network interface"), 1);
  });
}

export function mountIso(parts: VmServiceParts, request: MountISORequest, call: Call): Promise<VMTaskResponse> {
  return edit(parts, request, call, ["MountISO", "vm.mount-iso", "disk"], (spec) => {
    const cdrom = spec.cdroms[indexOf(spec.cdroms, request.cdromId, "CD-ROM drive")];
    if (cdrom) cdrom.imageId = request.imageId;
  });
}

export function ejectIso(parts: VmServiceParts, request: EjectISORequest, call: Call): Promise<VMTaskResponse> {
  return edit(parts, request, call, ["EjectISO", "vm.eject-iso", "disk"], (spec) => {
    const cdrom = spec.cdroms[indexOf(spec.cdroms, request.cdromId, "CD-ROM drive")];
    if (cdrom) cdrom.imageId = "";
  });
}

function edit(
  parts: VmServiceParts,
  request: Request,
  call: Call,
  [rpc, kind, type]: [rpc: string, kind: string, type: string],
  change: SpecEdit["edit"],
): Promise<VMTaskResponse> {
  return editSpec(parts, call, { vmId: request.vmId, method: `VMService.${rpc}`, kind, type, request, edit: change });
}

function indexOf(devices: readonly { id: string }[], id: string, kind: string): number {
  const at = devices.findIndex((device) => device.id === id);
  if (at < 0) throw problem(Reason.NOT_FOUND, { kind, id });
  return at;
}
