import { problem, Reason } from "@limiquantix/api";
import { type Clock, formatBytes, KIB, MIB } from "@limiquantix/kit";
import {
  Affect,
  BlockResizeFlag,
  DeviceModifyFlag,
  type DomainRef,
  type LibvirtConnection,
  param,
} from "@limiquantix/libvirt";
import type { DiskAttachment, LiveChange, NicAttachment } from "@limiquantix/node";
import { el, printXml, type XmlElement } from "../../xml/element.ts";
import { deviceAlias } from "../domain/device-alias.ts";
import { takeTarget } from "../domain/disk-placement.ts";
import { cdromElement, diskElement, ioTuneValues, libvirtBus } from "../domain/disks.ts";
import type { KeptDevice } from "../domain/domain-host.ts";
import { interfaceElement } from "../domain/interfaces.ts";
import { addressKey, type DeviceReading, type DomainReading, usedAddresses } from "../domain/reading.ts";
import { readLive, readStored } from "../domain-view.ts";
import { removeDevice } from "./removal.ts";

/** Guests take memory in blocks of this size (Linux on x86: memory_block_size_bytes). */
const DIMM_STEP_MIB = 128;

/** A running domain that is to be changed. */
export interface LiveTarget {
  connection: LibvirtConnection;
  clock: Clock;
  dom: DomainRef;
  vmId: string;
}

/** Carries out one change; doing it again does nothing. */
export async function applyLive(target: LiveTarget, change: LiveChange): Promise<void> {
  const { connection, dom } = target;
  const live = await readLive(connection, dom);
  switch (change.kind) {
    case "cpu":
      return setCpus(target, live, change.cores);
    case "memory":
      return setMemory(target, live, change.sizeMib);
    case "attach-disk":
      return attachDisk(target, live, change.disk);
    case "attach-nic":
      return attachNic(target, live, change.nic);
    case "detach-disk":
      return detach(target, live, { alias: deviceAlias("disk", change.disk.id, 0), what: "a disk" });
    case "detach-nic":
      return detach(target, live, { alias: deviceAlias("nic", change.nic.id, 0), what: "an interface" });
    case "resize-disk":
      return resizeDisk(target, live, change);
    case "io-limits": {
      const disk = mustHave(target, live, deviceAlias("disk", change.disk.id, 0));
      const params = Object.entries(ioTuneValues(change.disk.ioLimits)).map(([name, value]) =>
        param.ullong(name, value),
      );
      await connection.call("DOMAIN_SET_BLOCK_IO_TUNE", { dom, disk, params, flags: Affect.LIVE });
      return;
    }
    case "link": {
      const alias = deviceAlias("nic", change.nic.id, 0);
      const present = live.interfaces.find((item) => item.alias === alias);
      if (!present) throw needsRestart(target, "an interface that it does not have yet");
      const attachment = { nic: change.nic, bridge: present.bridge ?? "" };
      // The boot order must be as it is; it cannot be changed live.
      const order = present.node.find("boot")?.attribute("order");
      const bootOrder = order === undefined ? undefined : Number(order);
      return update(target, interfaceElement(attachment, { alias, bootOrder, kept: present }), 0);
    }
    case "media": {
      const alias = deviceAlias("cdrom", change.cdrom.cdrom.id, 0);
      const drive = live.devices.get(alias);
      if (!drive?.target) throw needsRestart(target, "a drive that it does not have yet");
      const bus = drive.node.find("target")?.attribute("bus") === "ide" ? "ide" : "sata";
      const place = { alias, target: drive.target, bootOrder: bootOrderOf(drive), iothread: undefined, kept: drive };
      // A guest that locked the tray does not keep it.
      return update(target, cdromElement(change.cdrom, bus, place), DeviceModifyFlag.FORCE);
    }
  }
}

async function setCpus(target: LiveTarget, live: DomainReading, cores: number): Promise<void> {
  if (cores === live.vcpus) return;
  // Guests rarely let go of a CPU, and QEMU under emulation does not always survive it.
  if (cores < live.vcpus) throw needsRestart(target, "fewer CPUs");
  if (cores > live.maxVcpus) throw needsRestart(target, `more than ${live.maxVcpus} CPUs`);
  const { connection, dom } = target;
  await connection.call("DOMAIN_SET_VCPUS_FLAGS", { dom, nvcpus: cores, flags: Affect.LIVE });
}

async function setMemory(target: LiveTarget, live: DomainReading, sizeMib: number): Promise<void> {
  const presentMib = live.memoryKib / KIB;
  if (sizeMib === presentMib) return;
  if (sizeMib < presentMib) throw needsRestart(target, "less memory");
  if (sizeMib > live.maxMemoryKib / KIB)
    throw needsRestart(target, `more than ${formatBytes(live.maxMemoryKib * KIB)} of memory`);
  const moreMib = sizeMib - presentMib;
  if (moreMib % DIMM_STEP_MIB !== 0)
    throw needsRestart(target, `memory by other steps than ${formatBytes(DIMM_STEP_MIB * MIB)}`);
  const dimm = el(
    "memory",
    { model: "dimm" },
    el("target", {}, el("size", { unit: "MiB" }, moreMib), el("node", {}, 0)),
  );
  await attach(target, dimm);
}

async function attachDisk(target: LiveTarget, live: DomainReading, attachment: DiskAttachment): Promise<void> {
  const alias = deviceAlias("disk", attachment.disk.id, 0);
  if (live.devices.has(alias)) return;
  if (attachment.disk.iothread) throw needsRestart(target, "a disk with an I/O thread of its own");
  const bus = libvirtBus(attachment.disk, live.machine.includes("q35"));
  if (bus !== "virtio" && bus !== "scsi") throw needsRestart(target, `a ${bus.toUpperCase()} disk`);
  const kept = await keptPlace(target, live, alias);
  const taken = new Set(live.disks.flatMap((disk) => disk.target ?? []));
  const name = takeTarget(bus, taken, kept?.target && !taken.has(kept.target) ? kept.target : undefined);
  await attach(
    target,
    diskElement(attachment, bus, { alias, target: name, bootOrder: undefined, iothread: undefined, kept }),
  );
}

async function attachNic(target: LiveTarget, live: DomainReading, attachment: NicAttachment): Promise<void> {
  const alias = deviceAlias("nic", attachment.nic.id, 0);
  if (live.devices.has(alias)) return;
  const kept = await keptPlace(target, live, alias);
  await attach(target, interfaceElement(attachment, { alias, bootOrder: undefined, kept }));
}

/** Where the stored definition has the device already, unless something else is there: so it stays there after a restart. */
async function keptPlace(target: LiveTarget, live: DomainReading, alias: string): Promise<KeptDevice | undefined> {
  const stored = (await readStored(target.connection, target.dom)).devices.get(alias);
  if (!stored?.address) return undefined;
  const isTaken = usedAddresses(live).has(addressKey(stored.address));
  return { target: stored.target, address: isTaken ? undefined : stored.address };
}

async function detach(target: LiveTarget, live: DomainReading, device: { alias: string; what: string }): Promise<void> {
  if (!live.devices.has(device.alias)) return;
  await removeDevice(target, target.dom, device);
}

async function resizeDisk(
  target: LiveTarget,
  live: DomainReading,
  { disk: attachment, sizeBytes }: { disk: DiskAttachment; sizeBytes: number },
): Promise<void> {
  const { connection, dom } = target;
  const disk = mustHave(target, live, deviceAlias("disk", attachment.disk.id, 0));
  const capacity = Number((await connection.call("DOMAIN_GET_BLOCK_INFO", { dom, path: disk })).capacity);
  // Other storage is grown before, and QEMU may see that by itself; the guest does not.
  if (sizeBytes === capacity && attachment.source.kind === "file") return;
  if (sizeBytes < capacity)
    throw problem(Reason.DISK_CANNOT_SHRINK, {
      disk: attachment.disk.id,
      current: formatBytes(capacity),
      wanted: formatBytes(sizeBytes),
    });
  await connection.call("DOMAIN_BLOCK_RESIZE", { dom, disk, size: sizeBytes, flags: BlockResizeFlag.BYTES });
}

/** The target name of a device that must be there. */
function mustHave(target: LiveTarget, live: DomainReading, alias: string): string {
  const name = live.devices.get(alias)?.target;
  if (!name) throw needsRestart(target, "a disk that it does not have yet");
  return name;
}

function bootOrderOf({ node }: DeviceReading): number | undefined {
  const order = node.find("boot")?.attribute("order");
  return order === undefined ? undefined : Number(order);
}

async function attach({ connection, dom }: LiveTarget, device: XmlElement): Promise<void> {
  await connection.call("DOMAIN_ATTACH_DEVICE_FLAGS", { dom, xml: printXml(device), flags: Affect.LIVE });
}

async function update({ connection, dom }: LiveTarget, device: XmlElement, flags: number): Promise<void> {
  await connection.call("DOMAIN_UPDATE_DEVICE_FLAGS", { dom, xml: printXml(device), flags: Affect.LIVE | flags });
}

function needsRestart({ vmId }: LiveTarget, what: string) {
  return problem(Reason.NEEDS_RESTART, { vm: vmId, what });
}
