import {
  problem,
  Reason,
  VmStatus_PowerState as PowerState,
  VmStatus_StopReason as StopReason,
} from "@limiquantix/api";
import { create, clone } from "@bufbuild/protobuf";
import { VmSpecSchema } from "@limiquantix/api";
import { sourceName, type DiskSource, type StartOptions } from "@limiquantix/node";
import { refused } from "./refused.ts";
import { SimGuest } from "./sim-guest.ts";
import type { SimDomain, SimHost, SimLive } from "./sim-host.ts";
import { leaseAddress } from "./sim-network.ts";

/** Powers a domain on, with all that a real host would refuse it for. */
export function startDomain(
  host: SimHost,
  domain: SimDomain,
  options: StartOptions & { ignoringLocks?: boolean } = {},
): void {
  const { vmId, definition } = domain;
  const { memoryPath } = options;
  if (domain.live) throw refused("start", vmId, "domain is already running");
  if (memoryPath !== undefined && !hasMemory(host, memoryPath)) {
    throw refused("start", vmId, `cannot open '${memoryPath}': no such file`);
  }
  const disks = definition?.disks ?? [];
  for (const { source } of options.ignoringLocks ? [] : disks) assertUsable(host, vmId, source);
  for (const nic of definition?.nics ?? []) {
    const there = [...host.networks.values()].some((network) => network.bridge.bridge === nic.bridge);
    if (!there) throw refused("start", vmId, `cannot get interface MTU on '${nic.bridge}': no such device`);
  }
  const spec = clone(VmSpecSchema, definition?.spec ?? domain.discoveredSpec ?? create(VmSpecSchema));
  const used = [...host.domains.values()].reduce((sum, other) => sum + (other.live?.spec.memory?.sizeMib ?? 0n), 0n);
  if (used + (spec.memory?.sizeMib ?? 0n) > BigInt(host.size.memoryMib)) {
    throw refused("start", vmId, "cannot set up guest memory: cannot allocate memory");
  }
  const holder = host.locks.get(vmId);
  if (holder !== undefined && holder !== host.name) throw problem(Reason.VM_LOCKED_ELSEWHERE, { vm: domain.name });
  host.locks.set(vmId, host.name);

  const guest = new SimGuest({
    clock: host.clock,
    behaviour: host.behaviourOf(vmId),
    hostname: definition?.name ?? domain.name,
    resumed: memoryPath !== undefined || domain.power === PowerState.SUSPENDED,
    on: {
      up: () => {
        for (const nic of domain.live?.spec.nics ?? []) if (!nic.disconnected) leaseAddress(host, vmId, nic);
      },
      off: () => host.powerOff(domain, StopReason.GUEST_SHUTDOWN),
    },
  });
  domain.live = { mark: domain.mark, spec, guest, sources: new Map(), copies: new Map() };
  for (const { disk, source } of disks) openDisk(host, domain.live, { vmId, diskId: disk.id, source });
  if (options.paused) domain.live.guest.setPaused(true);
  else beginWriting(host, domain);
  domain.power = options.paused ? PowerState.PAUSED : PowerState.RUNNING;
  domain.stopReason = StopReason.STOP_REASON_UNKNOWN;
  host.changed(vmId);
}

/** What QEMU would refuse a disk for. */
export function assertUsable(host: SimHost, vmId: string, source: DiskSource): void {
  const name = sourceName(source);
  const found = host.findDisk(source);
  if (!found) throw refused("start", vmId, `cannot access storage file '${name}': no such file`);
  const { storage, volume } = found;
  if (storage.beingRead(volume.volumeId)) {
    throw refused("start", vmId, 'failed to get "write" lock: is another process using the image?');
  }
  if (storage === host.storage) return;
  if (storage.faults.unreachable || storage.cutFrom.has(host.name)) {
    throw refused("start", vmId, `cannot access storage '${name}': connection timed out`);
  }
  if (!storage.attached.get(volume.volumeId)?.has(host.name)) {
    throw refused("start", vmId, `cannot access storage '${name}': it is not active on this host`);
  }
  if (source.kind === "rbd" && source.secretId !== undefined && !host.secrets.has(source.secretId)) {
    throw refused("start", vmId, `secret not found: ${source.secretId}`);
  }
}

/** Its storage has to know of a guest before that writes. */
export function beginWriting(host: SimHost, { vmId, live }: SimDomain): void {
  for (const source of live?.sources.values() ?? []) {
    const found = host.findDisk(source);
    if (found && found.storage !== host.storage) found.storage.begin(found.volume.volumeId, `${host.name}/${vmId}`);
  }
}

export function openDisk(
  host: SimHost,
  live: SimLive,
  { vmId, diskId, source }: { vmId: string; diskId: string; source: DiskSource },
): void {
  const found = host.findDisk(source);
  found?.storage.open(found.volume.volumeId, `${host.name}/${vmId}`);
  live.sources.set(diskId, source);
}

export function closeDisk(host: SimHost, live: SimLive, { vmId, diskId }: { vmId: string; diskId: string }): void {
  const source = live.sources.get(diskId);
  live.sources.delete(diskId);
  const found = source && host.findDisk(source);
  found?.storage.writers.get(found.volume.volumeId)?.delete(`${host.name}/${vmId}`);
}

function hasMemory(host: SimHost, path: string): boolean {
  return [host.storage, ...host.storages.values()].some((storage) => storage.memory.has(path));
}
