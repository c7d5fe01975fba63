import type { CdromAttachment, DiskAttachment, DomainDefinition } from "@limiquantix/node";
import { deviceAlias } from "./device-alias.ts";
import { type LibvirtBus, libvirtBus } from "./disks.ts";
import type { KeptDevice, KeptHardware } from "./domain-host.ts";

export interface PlacedDisk {
  attachment: DiskAttachment | CdromAttachment;
  alias: string;
  bus: LibvirtBus;
  target: string;
  iothread: number | undefined;
  kept: KeptDevice | undefined;
}

/** Gives each disk and drive its name and, on SCSI, its address: what it had, else what is free. */
export function placeDisks(
  definition: DomainDefinition,
  q35: boolean,
  hardware: KeptHardware | undefined,
): PlacedDisk[] {
  const wanted = [
    ...definition.disks.map((attachment, i) => ({
      attachment,
      alias: deviceAlias("disk", attachment.disk.id, i),
      bus: libvirtBus(attachment.disk, q35),
      hasThread: attachment.disk.iothread,
    })),
    ...definition.cdroms.map((attachment, i) => ({
      attachment,
      alias: deviceAlias("cdrom", attachment.cdrom.id, i),
      bus: q35 ? ("sata" as const) : ("ide" as const),
      hasThread: false,
    })),
  ];
  let threads = 0;
  const disks = wanted.map(({ hasThread, ...disk }) => {
    const before = hardware?.devices.get(disk.alias);
    // Moved to another bus, it is another device.
    const kept = before?.target?.startsWith(PREFIX[disk.bus]) ? before : undefined;
    return { ...disk, target: "", iothread: hasThread ? ++threads : undefined, kept };
  });
  const targets = new Set<string>();
  const scsiTargets = new Set<number>();
  // What is settled is not given to another one.
  for (const disk of disks.toSorted((a, b) => Number(!a.kept) - Number(!b.kept))) {
    disk.target = takeTarget(disk.bus, targets, disk.kept?.target);
    if (disk.bus === "scsi") disk.kept = { target: disk.target, address: scsiAddress(disk, scsiTargets) };
  }
  return disks;
}

const PREFIX: Readonly<Record<LibvirtBus, string>> = { virtio: "vd", scsi: "sd", sata: "sd", ide: "hd" };

/** The first free name of a bus: vda … vdz, vdaa. Takes it. */
export function takeTarget(bus: LibvirtBus, taken: Set<string>, kept: string | undefined): string {
  let target = kept ?? "";
  for (let index = 0; target === "" || taken.has(target); index++) target = PREFIX[bus] + letters(index);
  taken.add(target);
  return target;
}

function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

/** A disk with a thread of its own has a controller of its own, numbered like the thread; the others share number 0. */
function scsiAddress(disk: { iothread: number | undefined; kept: KeptDevice | undefined }, taken: Set<number>) {
  if (disk.iothread !== undefined) return driveAddress(disk.iothread, 0);
  const { address } = disk.kept ?? {};
  let target = address?.["controller"] === "0" ? Number(address["target"]) : 0;
  while (taken.has(target)) target++;
  taken.add(target);
  return driveAddress(0, target);
}

function driveAddress(controller: number, target: number) {
  return { type: "drive", controller: String(controller), bus: "0", target: String(target), unit: "0" };
}
