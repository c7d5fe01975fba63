import { type DiskDevice, DiskDevice_Bus, DiskDevice_Cache, type IoLimits, problem, Reason } from "@limiquantix/api";
import { type CdromAttachment, type DiskAttachment, type DiskSource, sourceName } from "@limiquantix/node";
import { el, type XmlElement } from "../../xml/element.ts";
import { SEED_ALIAS } from "./device-alias.ts";
import { sourceXml } from "./disk-source.ts";
import type { KeptDevice } from "./domain-host.ts";

export type LibvirtBus = "virtio" | "scsi" | "sata" | "ide";

/** What is settled about a device before its element is written. */
export interface Placement {
  alias: string;
  target: string;
  bootOrder: number | undefined;
  /** Number of its I/O thread. */
  iothread: number | undefined;
  kept: KeptDevice | undefined;
}

export function libvirtBus(disk: DiskDevice, isQ35: boolean): LibvirtBus {
  switch (disk.bus) {
    case DiskDevice_Bus.BUS_UNKNOWN:
    case DiskDevice_Bus.VIRTIO_BLK:
      return "virtio";
    case DiskDevice_Bus.VIRTIO_SCSI:
      return "scsi";
    case DiskDevice_Bus.SATA:
      return "sata";
    case DiskDevice_Bus.IDE:
      if (!isQ35) return "ide";
      throw problem(Reason.UNSUPPORTED, { what: "an IDE disk", why: "machine q35 has no IDE; use SATA" });
    case DiskDevice_Bus.NVME:
      throw problem(Reason.UNSUPPORTED, { what: "an NVMe disk", why: "libvirt offers guests none; use virtio" });
  }
}

const CACHES: Readonly<Record<DiskDevice_Cache, string>> = {
  [DiskDevice_Cache.CACHE_UNKNOWN]: "none",
  [DiskDevice_Cache.NONE]: "none",
  [DiskDevice_Cache.WRITEBACK]: "writeback",
  [DiskDevice_Cache.WRITETHROUGH]: "writethrough",
};

/** A guest whose storage fails stands still until it is back, instead of being told of errors that it cannot mend. */
const STOP_ON_ERROR = { error_policy: "stop", rerror_policy: "stop" };

export function diskElement({ disk, source }: DiskAttachment, bus: LibvirtBus, place: Placement): XmlElement {
  const discard = disk.discardEnabled ? "unmap" : undefined;
  if (disk.shared && source.format !== "raw") {
    throw problem(Reason.UNSUPPORTED, { what: `sharing ${sourceName(source)}`, why: "only a raw disk can be shared" });
  }
  const xml = sourceXml(source);
  return el(
    "disk",
    { type: xml.type, device: "disk" },
    el("driver", {
      name: "qemu",
      type: xml.format,
      // What one guest wrote is to be there for the next that reads.
      cache: disk.shared ? "none" : CACHES[disk.cache],
      ...STOP_ON_ERROR,
      discard,
      detect_zeroes: discard,
      iothread: bus === "virtio" ? place.iothread : undefined,
    }),
    xml.source,
    xml.backingStore,
    el("target", { dev: place.target, bus }),
    ioTune(disk.ioLimits),
    disk.readonly ? el("readonly") : undefined,
    // QEMU's locks let others write it, and libvirt does not take the file from them when this guest goes.
    disk.shared ? el("shareable") : undefined,
    el("serial", {}, serialOf(disk, place.alias)),
    boot(place),
    el("alias", { name: place.alias }),
    address(place),
  );
}

export function cdromElement({ path }: CdromAttachment, bus: LibvirtBus, place: Placement): XmlElement {
  return el(
    "disk",
    { type: "file", device: "cdrom" },
    el("driver", { name: "qemu", type: "raw" }),
    path === undefined ? undefined : el("source", { file: path }),
    el("target", { dev: place.target, bus }),
    el("readonly"),
    boot(place),
    el("alias", { name: place.alias }),
    address(place),
  );
}

/** On virtio, because many a cloud image's kernel has no driver for a SATA drive. */
export function seedElement(seed: DiskSource, kept: KeptDevice | undefined): XmlElement {
  const xml = sourceXml(seed);
  return el(
    "disk",
    { type: xml.type, device: "disk" },
    el("driver", { name: "qemu", type: xml.format, ...STOP_ON_ERROR }),
    xml.source,
    // The last name there is: libvirt numbers devices by it, so the seed comes behind all disks.
    el("target", { dev: "vdzz", bus: "virtio" }),
    el("readonly"),
    el("alias", { name: SEED_ALIAS }),
    kept?.address && el("address", kept.address),
  );
}

/** Shown as /dev/disk/by-id/virtio-<serial>; virtio-blk has room for 20 characters. */
export function serialOf(disk: DiskDevice, alias: string): string {
  const plain = (disk.volumeId || disk.id).replace(/[^A-Za-z0-9]/g, "");
  return (plain || alias).slice(0, 20);
}

/** The names of libvirt's block tunables. */
export function ioTuneValues(limits: IoLimits | undefined): Record<string, bigint> {
  return {
    read_bytes_sec: limits?.readBytes ?? 0n,
    write_bytes_sec: limits?.writeBytes ?? 0n,
    read_iops_sec: limits?.readIops ?? 0n,
    write_iops_sec: limits?.writeIops ?? 0n,
  };
}

function ioTune(limits: IoLimits | undefined): XmlElement | undefined {
  const set = Object.entries(ioTuneValues(limits)).filter(([, value]) => value > 0n);
  return set.length === 0 ? undefined : el("iotune", {}, ...set.map(([name, value]) => el(name, {}, value)));
}

function boot({ bootOrder }: Placement): XmlElement | undefined {
  return bootOrder === undefined ? undefined : el("boot", { order: bootOrder });
}

function address({ kept }: Placement): XmlElement | undefined {
  return kept?.address && el("address", kept.address);
}
