import { clone, create } from "@bufbuild/protobuf";
import {
  CpuSchema,
  DiskDevice_Bus,
  DiskDevice_Cache,
  DiskDevice_ProvisioningKind,
  DiskDeviceSchema,
  Display_Gpu,
  Display_Type,
  DisplaySchema,
  Firmware_Type,
  FirmwareSchema,
  GuestOs_Family,
  GuestOsSchema,
  MemorySchema,
  NetworkInterface_Model,
  NetworkInterfaceSchema,
  VmSpecSchema,
  Watchdog_Action,
  Watchdog_Model,
  type DiskDevice,
  type Image,
  type NetworkInterface,
  type VmSpec,
} from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";

/** What the defaults depend on. */
export interface SpecContext {
  findImage: (id: string) => Image | undefined;
  /** The network that an interface is on when none is named. */
  defaultNetworkId: string;
  newId: () => string;
  /** A MAC address that no other VM has. */
  newMac: () => string;
}

const defaultDiskGib = 10;

/** The spec of a new VM, filled in: one disk and one interface where none is asked for. */
export function completeNewSpec(asked: VmSpec, context: SpecContext): VmSpec {
  const spec = clone(VmSpecSchema, asked);
  if (spec.disks.length === 0) spec.disks.push(create(DiskDeviceSchema, { discardEnabled: true }));
  if (spec.nics.length === 0) spec.nics.push(create(NetworkInterfaceSchema));
  const devices = [...spec.disks, ...spec.cdroms, ...spec.nics];
  const [first] = spec.disks;
  if (first && devices.every((device) => device.bootIndex === 0)) first.bootIndex = 1;
  return completeSpec(spec, context);
}

/** Fills in what is left open, in place: sizes, kinds, ids, MAC addresses. What is told stays. */
export function completeSpec(spec: VmSpec, context: SpecContext): VmSpec {
  const cpu = (spec.cpu ??= create(CpuSchema));
  cpu.sockets ||= 1;
  cpu.threadsPerCore ||= 1;
  cpu.cores ||= cpu.sockets * cpu.threadsPerCore;
  const memory = (spec.memory ??= create(MemorySchema));
  memory.sizeMib ||= 1024n;
  for (const disk of spec.disks) completeDisk(disk, context);
  for (const cdrom of spec.cdroms) cdrom.id ||= context.newId();
  for (const nic of spec.nics) completeNic(nic, context);
  spec.firmware ??= create(FirmwareSchema);
  spec.firmware.type ||= Firmware_Type.BIOS;
  spec.display ??= create(DisplaySchema);
  spec.display.type ||= Display_Type.VNC;
  spec.display.gpu ||= Display_Gpu.VGA;
  spec.guestOs ??= create(GuestOsSchema);
  spec.guestOs.family ||= familyOf(spec, context);
  spec.machine ||= "q35";
  if (spec.watchdog) {
    spec.watchdog.model ||= Watchdog_Model.I6300ESB;
    spec.watchdog.action ||= Watchdog_Action.RESET;
  }
  return spec;
}

/** virtio-blk: the driver that every guest has that can boot from virtio at all. */
export function completeDisk(disk: DiskDevice, context: SpecContext): void {
  disk.id ||= context.newId();
  disk.volumeId ||= context.newId();
  disk.bus ||= DiskDevice_Bus.VIRTIO_BLK;
  disk.provisioning ||= DiskDevice_ProvisioningKind.THIN;
  disk.cache ||= DiskDevice_Cache.WRITEBACK;
  if (disk.sizeGib > 0n) return;
  const image = disk.imageId ? context.findImage(disk.imageId) : undefined;
  disk.sizeGib = image ? smallestDiskGib(image) : BigInt(defaultDiskGib);
}

/** Whole GiB that hold the image and what its publisher says it needs. */
export function smallestDiskGib(image: Image): bigint {
  const holds = BigInt(Math.max(1, Math.ceil(Number(image.status?.virtualSizeBytes ?? 0n) / GIB)));
  const wants = image.spec?.requirements?.minDiskGib ?? 0n;
  return holds > wants ? holds : wants;
}

export function completeNic(nic: NetworkInterface, context: SpecContext): void {
  nic.id ||= context.newId();
  nic.networkId ||= context.defaultNetworkId;
  nic.macAddress = nic.macAddress ? nic.macAddress.toLowerCase() : context.newMac();
  nic.model ||= NetworkInterface_Model.VIRTIO_NET;
}

function familyOf(spec: VmSpec, context: SpecContext): GuestOs_Family {
  for (const { imageId } of spec.disks) {
    const name = context.findImage(imageId)?.spec?.os?.family.toUpperCase() ?? "";
    const family = Object.hasOwn(GuestOs_Family, name)
      ? GuestOs_Family[name as keyof typeof GuestOs_Family]
      : undefined;
    if (typeof family === "number" && family !== GuestOs_Family.UNKNOWN) return family;
  }
  return GuestOs_Family.GENERIC_LINUX;
}
