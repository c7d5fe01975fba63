import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  CdromDeviceSchema,
  DiskDevice_Bus,
  DiskDevice_Cache,
  DiskDeviceSchema,
  Display_Gpu,
  Display_Type,
  Firmware_Type,
  GuestOs_Family,
  NetworkInterface_Model,
  NetworkInterfaceSchema,
  type VmSpec,
  VmSpecSchema,
  Watchdog_Action,
  Watchdog_Model,
} from "@limiquantix/api";
import type { DiskFormat, DiskSource, DomainDefinition } from "@limiquantix/node";
import type { DomainHost, KeptHardware } from "../libvirt/domain/domain-host.ts";

export const VM_ID = "01920000-0000-7000-8000-0000000000a1";
const volumeId = (n: number) => `01920000-0000-7000-8000-0000000001${String(n).padStart(2, "0")}`;

/** An emulating host as the lab has them. */
export const tcgHost: DomainHost = {
  accelerator: "tcg",
  architecture: "x86_64",
  emulator: "/usr/bin/qemu-system-x86_64",
  maxVcpus: 255,
  hypervFeatures: new Set(["spinlocks", "vendor_id"]),
  videoModels: new Set(["vga", "cirrus", "virtio", "none", "bochs"]),
  uefi: true,
  secureBoot: true,
  logDirectory: "/var/log/libvirt/qemu",
  leases: { directory: "/var/lib/limiquantix", lockspace: "leases" },
};

export const kvmHost: DomainHost = {
  ...tcgHost,
  accelerator: "kvm",
  hypervFeatures: new Set([
    "relaxed",
    "vapic",
    "spinlocks",
    "vpindex",
    "runtime",
    "synic",
    "stimer",
    "reset",
    "frequencies",
  ]),
};

export interface Profile {
  definition: DomainDefinition;
  host: DomainHost;
  kept?: KeptHardware;
}

type SpecInit = MessageInitShape<typeof VmSpecSchema>;

const smallest = { cpu: { cores: 1 }, memory: { sizeMib: 512n }, display: { type: Display_Type.VNC } };

function define(name: string, init: SpecInit, more: Partial<DomainDefinition> = {}): DomainDefinition {
  const spec = create(VmSpecSchema, { ...smallest, ...init } as SpecInit);
  return {
    vmId: VM_ID,
    name,
    mark: { generation: 3, reboots: 0, reverts: 0, spec, adopted: false },
    spec,
    disks: spec.disks.map((disk) => ({
      disk,
      source: file(`/var/lib/limiquantix/pools/local/volumes/${disk.volumeId}.qcow2`),
    })),
    cdroms: spec.cdroms.map((cdrom) => ({ cdrom, path: undefined })),
    seed: undefined,
    nics: spec.nics.map((nic) => ({ nic, bridge: "lqx00a1b2c3" })),
    ...more,
  };
}

const file = (path: string, format: DiskFormat = "qcow2"): DiskSource => ({ kind: "file", path, format });

const disk = (n: number, init: MessageInitShape<typeof DiskDeviceSchema> = {}) =>
  create(DiskDeviceSchema, {
    id: `disk-${n}`,
    volumeId: volumeId(n),
    sizeGib: 10n,
    bus: DiskDevice_Bus.VIRTIO_BLK,
    ...init,
  });
const nic = (n: number, init: MessageInitShape<typeof NetworkInterfaceSchema> = {}) =>
  create(NetworkInterfaceSchema, {
    id: `nic-${n}`,
    macAddress: `52:54:00:00:00:0${n}`,
    model: NetworkInterface_Model.VIRTIO_NET,
    ...init,
  });

const windows: SpecInit = {
  guestOs: { family: GuestOs_Family.WINDOWS_DESKTOP },
  cpu: { cores: 4, sockets: 1 },
  memory: { sizeMib: 4096n },
  firmware: { type: Firmware_Type.UEFI_SECURE_BOOT },
  disks: [disk(1, { bus: DiskDevice_Bus.SATA })],
  nics: [nic(1, { model: NetworkInterface_Model.E1000E })],
};

const evil = `a</title><devices/>'"&<![CDATA[\u0000]]> --\n`;

/** One of each kind of VM; the golden files are named after them. */
export const profiles: Readonly<Record<string, Profile>> = {
  minimal: { definition: define("minimal", {}), host: tcgHost },
  "cloud-bios": {
    definition: define(
      "web-1",
      { disks: [disk(1, { bootIndex: 1, discardEnabled: true })], nics: [nic(1)] },
      { seed: file(`/var/lib/limiquantix/pools/local/seeds/${VM_ID}.iso`, "raw") },
    ),
    host: tcgHost,
  },
  "cloud-bios-kvm": {
    definition: define("web-1", { disks: [disk(1)], nics: [nic(1)], cpu: { cores: 2, model: "host-passthrough" } }),
    host: kvmHost,
  },
  uefi: { definition: define("uefi", { firmware: { type: Firmware_Type.UEFI }, disks: [disk(1)] }), host: tcgHost },
  "secure-boot": {
    definition: define("sb", { firmware: { type: Firmware_Type.UEFI_SECURE_BOOT }, disks: [disk(1)] }),
    host: tcgHost,
  },
  "windows-tcg": { definition: define("desk", windows), host: tcgHost },
  "windows-kvm": { definition: define("desk", windows), host: kvmHost },
  "many-disks": {
    definition: define("db", {
      disks: [
        disk(1, { iothread: true, cache: DiskDevice_Cache.NONE, bootIndex: 2 }),
        disk(2, { bus: DiskDevice_Bus.VIRTIO_SCSI, iothread: true, discardEnabled: true }),
        disk(3, {
          bus: DiskDevice_Bus.VIRTIO_SCSI,
          ioLimits: { readIops: 500n, writeIops: 100n, readBytes: 1_000_000n, writeBytes: 500_000n },
        }),
        disk(4, { bus: DiskDevice_Bus.VIRTIO_SCSI, cache: DiskDevice_Cache.WRITETHROUGH, readonly: true }),
        disk(5, { bus: DiskDevice_Bus.SATA, cache: DiskDevice_Cache.WRITEBACK }),
      ],
    }),
    host: tcgHost,
  },
  "shared-storage": {
    definition: define(
      "shared",
      { disks: [disk(1), disk(2), disk(3), disk(4, { bus: DiskDevice_Bus.VIRTIO_SCSI })] },
      {
        disks: [
          { disk: disk(1), source: { kind: "block", path: "/dev/vg0/v1", format: "qcow2" } },
          { disk: disk(2), source: rbd("01920000-0000-7000-8000-0000000002aa") },
          { disk: disk(3), source: rbd(undefined) },
          {
            disk: disk(4, { bus: DiskDevice_Bus.VIRTIO_SCSI }),
            source: { kind: "nfs", server: "10.0.0.9", path: "/srv/pool/v4.qcow2", format: "qcow2" },
          },
        ],
        seed: { ...rbd(undefined), name: "vms/seed" },
      },
    ),
    host: tcgHost,
  },
  "cdrom-boot": {
    definition: {
      ...define("install", {
        disks: [disk(1, { bootIndex: 2 })],
        cdroms: [
          create(CdromDeviceSchema, { id: "cd-1", imageId: volumeId(9), bootIndex: 1 }),
          create(CdromDeviceSchema, { id: "cd-2" }),
        ],
        nics: [nic(1, { bootIndex: 3 })],
      }),
      cdroms: [
        {
          cdrom: create(CdromDeviceSchema, { id: "cd-1", bootIndex: 1 }),
          path: "/var/lib/limiquantix/pools/local/images/i.iso",
        },
        { cdrom: create(CdromDeviceSchema, { id: "cd-2" }), path: undefined },
      ],
    },
    host: tcgHost,
  },
  "cpu-hotplug": {
    definition: define("grow", { cpu: { cores: 2, sockets: 2, threadsPerCore: 2, maxCores: 8, model: "Nehalem" } }),
    host: tcgHost,
  },
  "memory-hotplug": {
    definition: define("grow", {
      cpu: { cores: 2 },
      memory: { sizeMib: 1024n, maxMemoryMib: 8192n, ballooningEnabled: true },
    }),
    host: tcgHost,
  },
  headless: {
    definition: define("headless", {
      display: { type: Display_Type.NONE },
      serial: { disabled: true },
      rng: { disabled: true },
      agent: { disabled: true },
    }),
    host: tcgHost,
  },
  watchdog: {
    definition: define("dog", { watchdog: { model: Watchdog_Model.I6300ESB, action: Watchdog_Action.RESET } }),
    host: tcgHost,
  },
  legacy: {
    definition: define("old", {
      machine: "pc-i440fx-10.0",
      disks: [disk(1, { bus: DiskDevice_Bus.IDE })],
      cdroms: [create(CdromDeviceSchema, { id: "cd-1" })],
      nics: [nic(1, { model: NetworkInterface_Model.E1000, disconnected: true })],
      display: { type: Display_Type.VNC, gpu: Display_Gpu.CIRRUS },
    }),
    host: { ...tcgHost, leases: undefined },
  },
  "kept-hardware": {
    definition: define("renamed", { disks: [disk(2), disk(3), disk(1)], nics: [nic(2), nic(1)] }),
    host: tcgHost,
    kept: {
      name: "lqx-000000a1-web-1",
      machine: "pc-q35-9.2",
      devices: new Map([
        ["ua-disk-disk-1", { target: "vda", address: pci("0x02") }],
        ["ua-disk-disk-3", { target: "vdb", address: pci("0x03") }],
        ["ua-nic-nic-1", { target: undefined, address: pci("0x01") }],
      ]),
    },
  },
  hostile: {
    definition: {
      ...define(evil, { disks: [disk(1, { id: evil })], nics: [nic(1, { id: evil })] }),
      disks: [{ disk: disk(1, { id: evil, volumeId: evil }), source: file(`/x/a</title><devices/>'"&`, "raw") }],
      nics: [{ nic: nic(1, { id: evil }), bridge: "br0" }],
      mark: { generation: 1, reboots: 0, reverts: 2, adopted: false, spec: hostileSpec() },
    },
    host: tcgHost,
  },
};

function rbd(secretId: string | undefined) {
  const monitors = ["10.0.0.1:6789", "[fd00::2]:3300", "mon3"];
  return { kind: "rbd", monitors, name: "vms/v2", user: "limiquantix", secretId, format: "raw" } as const;
}

function hostileSpec(): VmSpec {
  return create(VmSpecSchema, {
    placement: { requiredNodes: [evil] },
    provisioning: { cloudInit: { password: "s3cr3t", userData: "s3cr3t" } },
  });
}

function pci(bus: string) {
  return { type: "pci", domain: "0x0000", bus, slot: "0x00", function: "0x0" };
}
