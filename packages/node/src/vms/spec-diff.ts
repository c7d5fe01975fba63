import { clone, create, equals, toJson, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import {
  CpuSchema,
  DiskDeviceSchema,
  IoLimitsSchema,
  MemorySchema,
  NetworkInterfaceSchema,
  VmSpecSchema,
  type CdromDevice,
  type DiskDevice,
  type NetworkInterface,
  type VmSpec,
} from "@limiquantix/api";

/** One difference between two specs: where, and as what it can be tried on a running VM. */
export interface SpecChange {
  /** As JSON spells it: cpu.cores, disks[1].cache. */
  path: string;
  /** Undefined: it takes effect at the next start only. */
  live: LiveDelta | undefined;
}

/** A change of a running VM in the spec's own terms; the runner turns it into the port's LiveChange. */
export type LiveDelta =
  | { kind: "cpu"; cores: number }
  | { kind: "memory"; sizeMib: number }
  | { kind: "attach-disk"; disk: DiskDevice }
  | { kind: "detach-disk"; disk: DiskDevice }
  | { kind: "resize-disk"; disk: DiskDevice }
  /** Its copy in another pool is what the guest uses by now. */
  | { kind: "move-disk"; disk: DiskDevice }
  | { kind: "io-limits"; disk: DiskDevice }
  | { kind: "attach-nic"; nic: NetworkInterface }
  | { kind: "detach-nic"; nic: NetworkInterface }
  | { kind: "link"; nic: NetworkInterface }
  | { kind: "media"; cdrom: CdromDevice };

/** What the hypervisor can change live, of its capabilities. */
export interface LiveAbilities {
  cpuHotplug: boolean;
  memoryHotplug: boolean;
  diskHotplug: boolean;
  nicHotplug: boolean;
}

/** The spec as far as a domain is made of it: what only the scheduler, the first boot or the control plane read is out. */
export function hardwareOf(spec: VmSpec): VmSpec {
  const hardware = clone(VmSpecSchema, spec);
  hardware.provisioning = undefined;
  hardware.haPolicy = undefined;
  hardware.placement = undefined;
  hardware.autoStart = false;
  for (const disk of hardware.disks) {
    Object.assign(disk, { sourceVolumeId: "", sourceSnapshotId: "", sourceLinked: false, movingFromPoolId: "" });
  }
  return hardware;
}

export function sameHardware(a: VmSpec | undefined, b: VmSpec): boolean {
  return a !== undefined && equals(VmSpecSchema, hardwareOf(a), hardwareOf(b));
}

/** Every difference from `from`, which runs, to `to`, which is wanted. Devices are the same where their ids are. */
export function diffSpecs(from: VmSpec, to: VmSpec, can: LiveAbilities): SpecChange[] {
  // Each look at each VM asks, and nearly always nothing differs.
  if (equals(VmSpecSchema, from, to)) return [];
  return [
    ...cpuChanges(from, to, can),
    ...memoryChanges(from, to, can),
    ...diskChanges(from, to, can),
    ...cdromChanges(from, to),
    ...nicChanges(from, to, can),
    ...otherChanges(from, to),
  ];
}

/** `spec` after `delta` was carried out on the running VM. */
export function applyDelta(spec: VmSpec, delta: LiveDelta): VmSpec {
  const next = clone(VmSpecSchema, spec);
  switch (delta.kind) {
    case "cpu":
      next.cpu ??= create(CpuSchema);
      next.cpu.cores = delta.cores;
      break;
    case "memory":
      next.memory ??= create(MemorySchema);
      next.memory.sizeMib = BigInt(delta.sizeMib);
      break;
    case "attach-disk":
      next.disks.push(clone(DiskDeviceSchema, delta.disk));
      break;
    case "detach-disk":
      next.disks = next.disks.filter((disk) => disk.id !== delta.disk.id);
      break;
    case "resize-disk":
      for (const disk of next.disks) if (disk.id === delta.disk.id) disk.sizeGib = delta.disk.sizeGib;
      break;
    case "move-disk":
      for (const disk of next.disks) if (disk.id === delta.disk.id) disk.storagePoolId = delta.disk.storagePoolId;
      break;
    case "io-limits":
      for (const disk of next.disks) if (disk.id === delta.disk.id) disk.ioLimits = delta.disk.ioLimits;
      break;
    case "attach-nic":
      next.nics.push(clone(NetworkInterfaceSchema, delta.nic));
      break;
    case "detach-nic":
      next.nics = next.nics.filter((nic) => nic.id !== delta.nic.id);
      break;
    case "link":
      for (const nic of next.nics) if (nic.id === delta.nic.id) nic.disconnected = delta.nic.disconnected;
      break;
    case "media":
      for (const cdrom of next.cdroms) if (cdrom.id === delta.cdrom.id) cdrom.imageId = delta.cdrom.imageId;
      break;
  }
  return next;
}

function cpuChanges(from: VmSpec, to: VmSpec, can: LiveAbilities): SpecChange[] {
  const before = from.cpu ?? create(CpuSchema);
  const after = to.cpu ?? create(CpuSchema);
  // Taking virtual CPUs away needs the guest's help and often fails half-way: that waits for the next start.
  const grows = after.cores > before.cores && after.cores <= before.maxCores;
  return differences(CpuSchema, before, after, "cpu").map((path) => ({
    path,
    live: path === "cpu.cores" && grows && can.cpuHotplug ? { kind: "cpu", cores: after.cores } : undefined,
  }));
}

function memoryChanges(from: VmSpec, to: VmSpec, can: LiveAbilities): SpecChange[] {
  const before = from.memory ?? create(MemorySchema);
  const after = to.memory ?? create(MemorySchema);
  const grows = after.sizeMib > before.sizeMib && after.sizeMib <= before.maxMemoryMib;
  return differences(MemorySchema, before, after, "memory").map((path) => ({
    path,
    live:
      path === "memory.sizeMib" && grows && can.memoryHotplug
        ? { kind: "memory", sizeMib: Number(after.sizeMib) }
        : undefined,
  }));
}

function diskChanges(from: VmSpec, to: VmSpec, can: LiveAbilities): SpecChange[] {
  const changes: SpecChange[] = [];
  for (const [index, disk] of from.disks.entries()) {
    if (to.disks.some((other) => other.id === disk.id)) continue;
    changes.push({ path: `disks[${index}]`, live: can.diskHotplug ? { kind: "detach-disk", disk } : undefined });
  }
  for (const [index, disk] of to.disks.entries()) {
    const before = from.disks.find((other) => other.id === disk.id);
    const at = `disks[${index}]`;
    if (!before) {
      changes.push({ path: at, live: can.diskHotplug ? { kind: "attach-disk", disk } : undefined });
      continue;
    }
    for (const path of differences(DiskDeviceSchema, before, disk, at)) {
      // Several limits are one change: the first that differs carries it.
      if (path.startsWith(`${at}.ioLimits`)) {
        if (!changes.some((change) => change.path === `${at}.ioLimits`)) {
          const told = clone(DiskDeviceSchema, disk);
          told.ioLimits ??= create(IoLimitsSchema);
          changes.push({ path: `${at}.ioLimits`, live: { kind: "io-limits", disk: told } });
        }
      } else if (path === `${at}.sizeGib` && disk.sizeGib > before.sizeGib) {
        changes.push({ path, live: { kind: "resize-disk", disk } });
      } else if (path === `${at}.storagePoolId` && disk.movingFromPoolId) {
        changes.push({ path, live: { kind: "move-disk", disk } });
      } else changes.push({ path, live: undefined });
    }
  }
  return changes;
}

function cdromChanges(from: VmSpec, to: VmSpec): SpecChange[] {
  const changes: SpecChange[] = [];
  for (const [index, cdrom] of from.cdroms.entries()) {
    if (!to.cdroms.some((other) => other.id === cdrom.id)) changes.push({ path: `cdroms[${index}]`, live: undefined });
  }
  for (const [index, cdrom] of to.cdroms.entries()) {
    const before = from.cdroms.find((other) => other.id === cdrom.id);
    if (!before) changes.push({ path: `cdroms[${index}]`, live: undefined });
    else {
      if (before.imageId !== cdrom.imageId)
        changes.push({ path: `cdroms[${index}].imageId`, live: { kind: "media", cdrom } });
      if (before.bootIndex !== cdrom.bootIndex) changes.push({ path: `cdroms[${index}].bootIndex`, live: undefined });
    }
  }
  return changes;
}

function nicChanges(from: VmSpec, to: VmSpec, can: LiveAbilities): SpecChange[] {
  const changes: SpecChange[] = [];
  for (const [index, nic] of from.nics.entries()) {
    if (to.nics.some((other) => other.id === nic.id)) continue;
    changes.push({ path: `nics[${index}]`, live: can.nicHotplug ? { kind: "detach-nic", nic } : undefined });
  }
  for (const [index, nic] of to.nics.entries()) {
    const before = from.nics.find((other) => other.id === nic.id);
    const at = `nics[${index}]`;
    if (!before) changes.push({ path: at, live: can.nicHotplug ? { kind: "attach-nic", nic } : undefined });
    else {
      for (const path of differences(NetworkInterfaceSchema, before, nic, at)) {
        changes.push({ path, live: path === `${at}.disconnected` ? { kind: "link", nic } : undefined });
      }
    }
  }
  return changes;
}

/** What is left of the spec: none of it can be changed live. */
function otherChanges(from: VmSpec, to: VmSpec): SpecChange[] {
  return differences(VmSpecSchema, withoutDevices(from), withoutDevices(to)).map((path) => ({ path, live: undefined }));
}

function withoutDevices(spec: VmSpec): VmSpec {
  const others = hardwareOf(spec);
  others.cpu = undefined;
  others.memory = undefined;
  others.disks = [];
  others.cdroms = [];
  others.nics = [];
  return others;
}

/** Paths of the fields that differ, as JSON spells them. */
function differences<Desc extends DescMessage>(
  schema: Desc,
  before: MessageShape<Desc>,
  after: MessageShape<Desc>,
  at = "",
): string[] {
  return differingPaths(toJson(schema, before), toJson(schema, after), at);
}

function differingPaths(before: unknown, after: unknown, at: string): string[] {
  if (isRecord(before) || isRecord(after)) {
    const a = isRecord(before) ? before : {};
    const b = isRecord(after) ? after : {};
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) => differingPaths(a[key], b[key], at ? `${at}.${key}` : key));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [at];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
