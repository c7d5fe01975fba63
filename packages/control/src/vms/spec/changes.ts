import { equals } from "@bufbuild/protobuf";
import {
  CdromDeviceSchema,
  CpuSchema,
  DiskDeviceSchema,
  invalid,
  MemorySchema,
  NetworkInterfaceSchema,
  problem,
  ProvisioningSchema,
  Reason,
  type DiskDevice,
  type VmSpec,
} from "@limiquantix/api";
import { publicProvisioning } from "../redact.ts";

export interface SpecChange {
  /** cpu.cores, disks[1], nics. */
  path: string;
  /** A running guest takes it; otherwise it needs a restart. */
  live: boolean;
}

/** Throws what a change may not do: DISK_CANNOT_SHRINK, or INVALID_REQUEST for what is fixed once a thing is made. */
export function checkChange(before: VmSpec, after: VmSpec): void {
  const faults: { field: string; message: string }[] = [];
  const old = new Map(before.disks.map((disk) => [disk.id, disk]));
  for (const [i, disk] of after.disks.entries()) {
    const was = old.get(disk.id);
    if (!was) {
      if (before.disks.some(({ volumeId }) => volumeId === disk.volumeId)) {
        faults.push({ field: `spec.disks[${i}].id`, message: "a disk keeps its id" });
      }
      continue;
    }
    if (disk.sizeGib < was.sizeGib) {
      const [current, wanted] = [`${was.sizeGib} GiB`, `${disk.sizeGib} GiB`];
      throw problem(Reason.DISK_CANNOT_SHRINK, { disk: disk.id, current, wanted });
    }
    if (disk.shared && disk.sizeGib !== was.sizeGib) {
      faults.push({
        field: `spec.disks[${i}].sizeGib`,
        message: "a shared volume grows while no VM has it (ResizeVolume)",
      });
    }
    for (const field of ["volumeId", "imageId", "storagePoolId", "provisioning"] as const) {
      if (disk[field] !== was[field])
        faults.push({ field: `spec.disks[${i}].${field}`, message: "cannot change once the disk is made" });
    }
  }
  if (!sameProvisioning(before, after)) {
    faults.push({
      field: "spec.provisioning",
      message: "the guest is set up at its first boot only; it cannot change later",
    });
  }
  if (faults.length > 0) throw invalid(faults);
}

/** A client sends back what it was shown: that is no change. */
function sameProvisioning(before: VmSpec, after: VmSpec): boolean {
  const [was, is] = [before.provisioning, after.provisioning];
  if (!was || !is) return was === is;
  return equals(ProvisioningSchema, was, is) || equals(ProvisioningSchema, publicProvisioning(was), is);
}

/** What differs, and whether a running guest takes it. The host has the last word: VmStatus.needs_restart. */
export function changesOf(before: VmSpec, after: VmSpec): SpecChange[] {
  const changes: SpecChange[] = [...cpuChanges(before, after), ...memoryChanges(before, after)];
  changes.push(...listChanges("disks", before.disks, after.disks, diskChange));
  changes.push(
    ...listChanges(
      "cdroms",
      before.cdroms,
      after.cdroms,
      (was, is) => (equals(CdromDeviceSchema, was, is) ? undefined : { live: was.bootIndex === is.bootIndex }),
      // A drive itself comes and goes with a restart; its disc does not.
    ).map((change) => (change.path.endsWith("]") ? change : { ...change, live: false })),
  );
  changes.push(
    ...listChanges("nics", before.nics, after.nics, (was, is) =>
      equals(NetworkInterfaceSchema, was, is)
        ? undefined
        : { live: equals(NetworkInterfaceSchema, { ...was, disconnected: is.disconnected }, is) },
    ),
  );
  for (const field of ["watchdog", "rng", "serial", "firmware", "display", "agent", "machine"] as const) {
    if (json(before[field]) !== json(after[field])) changes.push({ path: field, live: false });
  }
  // These are the control plane's own, or a hint: no device of the guest changes.
  for (const field of ["haPolicy", "placement", "guestOs", "autoStart"] as const) {
    if (json(before[field]) !== json(after[field])) changes.push({ path: field, live: true });
  }
  return changes;
}

/** For comparing parts that have no lists of devices. */
function json(part: unknown): string {
  return JSON.stringify(part, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value)) ?? "";
}

function cpuChanges({ cpu: was }: VmSpec, { cpu: is }: VmSpec): SpecChange[] {
  if (!was || !is || equals(CpuSchema, was, is)) return [];
  const onlyCores = equals(CpuSchema, { ...was, cores: is.cores }, is);
  return [{ path: onlyCores ? "cpu.cores" : "cpu", live: onlyCores && is.cores <= (was.maxCores || was.cores) }];
}

function memoryChanges({ memory: was }: VmSpec, { memory: is }: VmSpec): SpecChange[] {
  if (!was || !is || equals(MemorySchema, was, is)) return [];
  const onlySize = equals(MemorySchema, { ...was, sizeMib: is.sizeMib }, is);
  return [
    { path: onlySize ? "memory.sizeMib" : "memory", live: onlySize && is.sizeMib <= (was.maxMemoryMib || was.sizeMib) },
  ];
}

function diskChange(was: DiskDevice, is: DiskDevice): { live: boolean } | undefined {
  if (equals(DiskDeviceSchema, was, is)) return undefined;
  const rest = { ...was, sizeGib: is.sizeGib, ioLimits: is.ioLimits };
  return { live: equals(DiskDeviceSchema, rest, is) };
}

function listChanges<T extends { id: string }>(
  name: string,
  before: readonly T[],
  after: readonly T[],
  compare: (was: T, is: T) => { live: boolean } | undefined,
): SpecChange[] {
  const old = new Map(before.map((item) => [item.id, item]));
  const changes: SpecChange[] = [];
  for (const [i, item] of after.entries()) {
    const was = old.get(item.id);
    old.delete(item.id);
    const change = was ? compare(was, item) : { live: true };
    if (change) changes.push({ path: was ? `${name}[${i}]` : name, live: change.live });
  }
  if (old.size > 0) changes.push({ path: name, live: true });
  return changes;
}
