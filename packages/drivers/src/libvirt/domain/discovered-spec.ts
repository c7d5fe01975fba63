import { create } from "@bufbuild/protobuf";
import {
  CdromDeviceSchema,
  DiskDevice_Bus,
  DiskDeviceSchema,
  Display_Type,
  Firmware_Type,
  NetworkInterface_Model,
  NetworkInterfaceSchema,
  type VmSpec,
  VmSpecSchema,
} from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";
import type { DeviceReading, DomainReading, InterfaceReading } from "./reading.ts";

const BUSES: Readonly<Record<string, DiskDevice_Bus>> = {
  virtio: DiskDevice_Bus.VIRTIO_BLK,
  scsi: DiskDevice_Bus.VIRTIO_SCSI,
  sata: DiskDevice_Bus.SATA,
  ide: DiskDevice_Bus.IDE,
};
const MODELS: Readonly<Record<string, NetworkInterface_Model>> = {
  virtio: NetworkInterface_Model.VIRTIO_NET,
  e1000: NetworkInterface_Model.E1000,
  e1000e: NetworkInterface_Model.E1000E,
  vmxnet3: NetworkInterface_Model.VMXNET3,
};

/** What a domain that somebody else made looks like in our terms. `capacities`: bytes by target name. */
export function discoveredSpec(reading: DomainReading, capacities: ReadonlyMap<string, number>): VmSpec {
  const ofKind = (kind: string) => reading.disks.filter(({ node }) => (node.attribute("device") ?? "disk") === kind);
  return create(VmSpecSchema, {
    cpu: { cores: reading.vcpus, maxCores: reading.maxVcpus },
    memory: { sizeMib: mib(reading.memoryKib), maxMemoryMib: mib(reading.maxMemoryKib) },
    disks: ofKind("disk").map((disk) => diskOf(disk, capacities.get(disk.target ?? "") ?? 0)),
    cdroms: ofKind("cdrom").map(({ target }) => create(CdromDeviceSchema, { id: target })),
    nics: reading.interfaces.map(nicOf),
    firmware: { type: firmwareOf(reading) },
    machine: /^(pc-)?(q35|i440fx)?(-\d+\.\d+)?$/.test(reading.machine) ? reading.machine : "",
    display: { type: reading.hasVnc ? Display_Type.VNC : Display_Type.NONE },
    serial: { disabled: !reading.hasSerial },
  });
}

function diskOf({ node, target = "" }: DeviceReading, sizeBytes: number) {
  return create(DiskDeviceSchema, {
    id: target,
    sizeGib: BigInt(Math.ceil(sizeBytes / GIB)),
    bus: BUSES[node.find("target")?.attribute("bus") ?? ""] ?? DiskDevice_Bus.BUS_UNKNOWN,
    readonly: node.find("readonly") !== undefined,
  });
}

function nicOf({ node, macAddress }: InterfaceReading, index: number) {
  return create(NetworkInterfaceSchema, {
    id: `nic${index}`,
    macAddress,
    model: MODELS[node.find("model")?.attribute("type") ?? ""] ?? NetworkInterface_Model.MODEL_UNKNOWN,
    disconnected: node.find("link")?.attribute("state") === "down",
  });
}

function firmwareOf({ root }: DomainReading): Firmware_Type {
  const loader = root.find("os/loader");
  if (root.find("os")?.attribute("firmware") !== "efi" && loader?.attribute("type") !== "pflash")
    return Firmware_Type.BIOS;
  return loader?.attribute("secure") === "yes" ? Firmware_Type.UEFI_SECURE_BOOT : Firmware_Type.UEFI;
}

function mib(kib: number): bigint {
  return BigInt(Math.round(kib / 1024));
}
