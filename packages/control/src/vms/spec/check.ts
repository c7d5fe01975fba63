import {
  Display_Type,
  DiskDevice_Bus,
  DiskDevice_Cache,
  ImageSpec_Format,
  ImageStatus_Phase,
  invalid,
  problem,
  Reason,
  type DiskDevice,
  type Image,
  type NetworkInterface,
  type StoragePool,
  type VirtualNetwork,
  type VmSpec,
} from "@limiquantix/api";
import { formatBytes, GIB } from "@limiquantix/kit";

/** What a spec may refer to. */
export interface SpecReferences {
  findImage: (id: string) => Image | undefined;
  findNetwork: (id: string) => VirtualNetwork | undefined;
  findPool: (id: string) => StoragePool | undefined;
  /** What to call the VM that has this MAC address, other than the one in question. */
  macOwner: (mac: string) => string | undefined;
}

type Fault = { field: string; message: string };

const minMemoryMib = 16n;

/**
 * Throws INVALID_REQUEST with all fields at fault in a spec that is filled in, and IMAGE_NOT_READY or
 * DISK_TOO_SMALL_FOR_IMAGE for what it refers to. Devices in `known` were accepted before: their images may be gone.
 */
export function checkSpec(spec: VmSpec, references: SpecReferences, known: ReadonlySet<string> = new Set()): void {
  const faults = [
    ...cpuFaults(spec),
    ...memoryFaults(spec),
    ...diskFaults(spec, references),
    ...cdromFaults(spec, references),
    ...nicFaults(spec, references),
    ...bootFaults(spec),
    ...idFaults(spec),
  ];
  if (spec.display?.type === Display_Type.SPICE) {
    faults.push({ field: "spec.display.type", message: "SPICE is not offered; use VNC or NONE" });
  }
  if (faults.length > 0) throw invalid(faults);
  for (const disk of spec.disks) {
    if (known.has(disk.id) || !disk.imageId) continue;
    const image = readyImage(disk.imageId, references);
    const needed = image.status?.virtualSizeBytes ?? 0n;
    if (disk.sizeGib * BigInt(GIB) < needed) {
      const size = `${disk.sizeGib} GiB`;
      throw problem(Reason.DISK_TOO_SMALL_FOR_IMAGE, { size, image: image.name, needed: formatBytes(needed) });
    }
  }
  for (const cdrom of spec.cdroms) if (cdrom.imageId && !known.has(cdrom.id)) readyImage(cdrom.imageId, references);
}

/** Throws INVALID_REQUEST for a new disk that is called shared: that is a choice about a volume. */
export function refuseNewShared(disks: readonly DiskDevice[], before: readonly DiskDevice[] = []): void {
  const faults = disks.flatMap(({ id, shared }, i) => {
    if (!shared || before.some((disk) => disk.id !== "" && disk.id === id)) return [];
    const message = "cannot be set here: make a shared volume (CreateVolume) and attach it to each VM (AttachVolume)";
    return [{ field: `spec.disks[${i}].shared`, message }];
  });
  if (faults.length > 0) throw invalid(faults);
}

function readyImage(id: string, { findImage }: SpecReferences): Image {
  const image = findImage(id);
  if (!image) throw problem(Reason.NOT_FOUND, { kind: "image", id });
  const phase = image.status?.phase ?? ImageStatus_Phase.UNKNOWN;
  if (phase === ImageStatus_Phase.READY) return image;
  throw problem(Reason.IMAGE_NOT_READY, { image: image.name, phase: ImageStatus_Phase[phase] ?? "UNKNOWN" });
}

function cpuFaults({ cpu }: VmSpec): Fault[] {
  if (!cpu) return [];
  const faults: Fault[] = [];
  const perSocket = cpu.sockets * cpu.threadsPerCore;
  if (cpu.cores % perSocket !== 0) {
    const message = `${cpu.cores} is no multiple of ${cpu.sockets} sockets × ${cpu.threadsPerCore} threads`;
    faults.push({ field: "spec.cpu.cores", message });
  }
  if (cpu.maxCores === 0) return faults;
  if (cpu.maxCores < cpu.cores)
    faults.push({ field: "spec.cpu.maxCores", message: `is less than cores (${cpu.cores})` });
  else if (cpu.maxCores % perSocket !== 0) {
    const message = `${cpu.maxCores} is no multiple of ${cpu.sockets} sockets × ${cpu.threadsPerCore} threads`;
    faults.push({ field: "spec.cpu.maxCores", message });
  }
  return faults;
}

function memoryFaults({ memory }: VmSpec): Fault[] {
  if (!memory) return [];
  if (memory.sizeMib < minMemoryMib)
    return [{ field: "spec.memory.sizeMib", message: `is less than ${minMemoryMib} MiB` }];
  if (memory.maxMemoryMib === 0n || memory.maxMemoryMib >= memory.sizeMib) return [];
  return [{ field: "spec.memory.maxMemoryMib", message: `is less than sizeMib (${memory.sizeMib})` }];
}

function diskFaults(spec: VmSpec, { findPool, findImage }: SpecReferences): Fault[] {
  return spec.disks.flatMap((disk, i) => {
    const at = `spec.disks[${i}]`;
    const faults: Fault[] = [];
    if (disk.bus === DiskDevice_Bus.IDE && !spec.machine.includes("i440fx")) {
      faults.push({ field: `${at}.bus`, message: "machine q35 has no IDE; use SATA" });
    }
    if (disk.storagePoolId && !findPool(disk.storagePoolId)) {
      faults.push({ field: `${at}.storagePoolId`, message: `there is no storage pool ${disk.storagePoolId}` });
    }
    if (disk.shared && disk.cache !== DiskDevice_Cache.NONE) {
      faults.push({ field: `${at}.cache`, message: "must be NONE: other VMs write the volume too" });
    }
    if (disk.imageId && findImage(disk.imageId)?.status?.format === ImageSpec_Format.ISO) {
      faults.push({ field: `${at}.imageId`, message: "an ISO image goes into a CD-ROM drive (spec.cdroms)" });
    }
    return faults;
  });
}

function cdromFaults(spec: VmSpec, { findImage }: SpecReferences): Fault[] {
  return spec.cdroms.flatMap(({ imageId }, i) => {
    const format = imageId ? findImage(imageId)?.status?.format : undefined;
    if (format === undefined || format === ImageSpec_Format.UNKNOWN || format === ImageSpec_Format.ISO) return [];
    return [{ field: `spec.cdroms[${i}].imageId`, message: "is no ISO image" }];
  });
}

function nicFaults(spec: VmSpec, { findNetwork, macOwner }: SpecReferences): Fault[] {
  const seen = new Set<string>();
  return spec.nics.flatMap((nic, i) => {
    const at = `spec.nics[${i}]`;
    const faults: Fault[] = [];
    if (!nic.networkId) faults.push({ field: `${at}.networkId`, message: "there is no default network; name one" });
    else if (!findNetwork(nic.networkId)) {
      faults.push({ field: `${at}.networkId`, message: `there is no network ${nic.networkId}` });
    }
    const fault = macFault(nic, seen, macOwner);
    if (fault) faults.push({ field: `${at}.macAddress`, message: fault });
    seen.add(nic.macAddress);
    return faults;
  });
}

function macFault(
  { macAddress }: NetworkInterface,
  seen: ReadonlySet<string>,
  macOwner: SpecReferences["macOwner"],
): string | undefined {
  if (Number.parseInt(macAddress.slice(0, 2), 16) & 1) return "is a multicast address";
  if (macAddress === "00:00:00:00:00:00") return "is no address of a card";
  if (seen.has(macAddress)) return "is there twice";
  const owner = macOwner(macAddress);
  return owner === undefined ? undefined : `belongs to ${owner}`;
}

function bootFaults(spec: VmSpec): Fault[] {
  const seen = new Set<number>();
  return (["disks", "cdroms", "nics"] as const).flatMap((kind) =>
    spec[kind].flatMap(({ bootIndex }, i) => {
      if (bootIndex === 0 || !seen.has(bootIndex)) {
        seen.add(bootIndex);
        return [];
      }
      return [{ field: `spec.${kind}[${i}].bootIndex`, message: `${bootIndex} is there twice` }];
    }),
  );
}

function idFaults(spec: VmSpec): Fault[] {
  const seen = new Set<string>();
  return (["disks", "cdroms", "nics"] as const).flatMap((kind) =>
    spec[kind].flatMap(({ id }, i) => {
      if (!seen.has(id)) {
        seen.add(id);
        return [];
      }
      return [{ field: `spec.${kind}[${i}].id`, message: "is there twice" }];
    }),
  );
}
