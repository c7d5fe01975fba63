import {
  VmDesired_Power,
  VmStatus_PowerState as PowerState,
  type DiskDevice,
  type NetworkInterface,
  type VmDesired,
  type VmSpec,
} from "@limiquantix/api";
import type { EnsureNetworkRequest } from "@limiquantix/api/daemon";
import type { Domain, DomainMark } from "../ports/hypervisor.ts";
import { diffSpecs, hardwareOf, sameHardware, type LiveAbilities, type LiveDelta } from "./spec-diff.ts";

/** What the control plane wants of one VM: EnsureVMRequest, taken apart. */
export interface VmOrder {
  vmId: string;
  name: string;
  generation: number;
  spec: VmSpec;
  desired: VmDesired;
  networks: EnsureNetworkRequest[];
  /** Storage pool id → its name on this host. */
  pools: ReadonlyMap<string, string>;
  adopted: boolean;
  defaultUser: string;
}

/** One thing to do on the host. Each can be cut off at any moment and done again. */
export type Step =
  /** `grow`: enlarge one that is smaller than the spec says; only while no guest has it open. */
  | { kind: "volume"; disk: DiskDevice; grow: boolean }
  /** Into its new pool, while the guest runs if it does; the old copy stays. */
  | { kind: "move"; disk: DiskDevice }
  /** Makes the volume what it was; the guest is off. */
  | { kind: "revert"; disk: DiskDevice; snapshotId: string }
  | { kind: "seed" }
  | { kind: "network"; request: EnsureNetworkRequest }
  | { kind: "port"; nic: NetworkInterface }
  /** With the volumes, the seed and the ports that the steps before it made. */
  | { kind: "define"; mark: DomainMark }
  /** On the running domain; afterwards its mark, otherwise `mark`, tells what runs. */
  | { kind: "live"; path: string; delta: LiveDelta; mark: DomainMark }
  /** With the memory of a snapshot where one is named. */
  | { kind: "start"; memoryOf?: string }
  | { kind: "pause" }
  | { kind: "resume" }
  | { kind: "save" }
  | { kind: "ask-stop"; timeoutMs: number; thenCut: boolean }
  | { kind: "cut" }
  | { kind: "reset" }
  | { kind: "delete-port"; nic: NetworkInterface }
  /** The VM no longer has it; the volume stays. */
  | { kind: "release"; disk: DiskDevice }
  /** The one in the pool that the disk was moved from. */
  | { kind: "delete-copy"; disk: DiskDevice }
  /** The order is carried out: the mark says so. */
  | { kind: "mark"; mark: DomainMark };

/** How long a guest may take to shut down where the order does not say. */
export const DEFAULT_STOP_TIMEOUT_MS = 120_000;

/**
 * The steps from what the host has to what the order wants; none when it is so already. Pure.
 *
 * The definition is changed before the running domain, and the mark names the order's generation only in the last
 * step, so whoever looks in between (a daemon started again) sees an order that is not carried out and plans the rest.
 */
export function planVm(domain: Domain | undefined, order: VmOrder, can: LiveAbilities): Step[] {
  const done: DomainMark = {
    generation: order.generation,
    reboots: Math.max(order.desired.reboots, domain?.mark?.reboots ?? 0),
    reverts: Math.max(order.desired.reverts, domain?.mark?.reverts ?? 0),
    spec: order.adopted ? domain?.mark?.spec : hardwareOf(order.spec),
    adopted: order.adopted,
  };
  if (domain?.mark && !order.adopted && domain.mark.reverts < order.desired.reverts) {
    return planRevert(domain, order, done);
  }
  const power = planPower(domain, order.desired);
  const hardware = order.adopted ? [] : planHardware(domain, order, can, power);
  const cleanup = order.adopted ? [] : planCleanup(domain, order, [...hardware, ...power]);
  // A live change writes what runs over the mark of the definition.
  const marked = domain?.mark && sameMark(domain.mark, done) && !hardware.some(({ kind }) => kind === "live");
  return [...hardware, ...power, ...cleanup, ...(marked ? [] : [{ kind: "mark", mark: done } satisfies Step])];
}

/**
 * Back to a snapshot: what runs is cut, and the VM is made anew of its volumes as they were. With the memory of the snapshot
 * the revert counts as done once the guest runs; without it once the definition has the reverted volumes, so that a daemon
 * that dies later does not throw away what the guest did since.
 */
function planRevert(domain: Domain, order: VmOrder, done: DomainMark): Step[] {
  const { revertSnapshotId: snapshotId, revertMemory } = order.desired;
  const { generation, reboots, reverts } = domain.mark ?? done;
  const cut: Step[] = domain.power === PowerState.STOPPED ? [] : [{ kind: "cut" }];
  const off: Domain = { ...domain, power: PowerState.STOPPED, liveMark: undefined };
  const reverted: Step[] = order.spec.disks.map((disk) => ({ kind: "revert", disk, snapshotId }));
  const early = revertMemory ? reverts : done.reverts;
  const define: Step = {
    kind: "define",
    mark: { generation, reboots, reverts: early, spec: hardwareOf(order.spec), adopted: false },
  };
  const made = planDevices(order, { grow: true });
  const power = planPower(off, order.desired).map((step) =>
    step.kind === "start" && revertMemory ? { ...step, memoryOf: snapshotId } : step,
  );
  const counted: Step = { kind: "mark", mark: { ...define.mark, reverts: done.reverts } };
  const started = revertMemory
    ? power.flatMap((step): Step[] => (step.kind === "start" ? [step, counted] : [step]))
    : power;
  const cleanup = planCleanup(off, order, []);
  return [...cut, ...reverted, ...made, define, ...started, ...cleanup, { kind: "mark", mark: done }];
}

function planHardware(domain: Domain | undefined, order: VmOrder, can: LiveAbilities, power: Step[]): Step[] {
  const starts = power.some(({ kind }) => kind === "start");
  const running = domain !== undefined && isUp(domain.power);
  const saved = domain?.power === PowerState.SUSPENDED;
  const define = !domain || !sameHardware(domain.mark?.spec, order.spec) || !domain.name.endsWith(order.name);
  // What is about to go off takes the changes up at its next start.
  const goesOff = !starts && power.some(({ kind }) => kind === "cut" || kind === "ask-stop" || kind === "save");
  const stays = running && !goesOff;
  const changes = stays && domain.liveMark?.spec ? diffSpecs(domain.liveMark.spec, order.spec, can) : [];
  const live = changes.filter((change) => change.live !== undefined);
  if (!define && live.length === 0 && !starts) return [];

  const steps = planDevices(order, { grow: !running && !saved });
  const carriedOut = {
    generation: domain?.mark?.generation ?? 0,
    reboots: domain?.mark?.reboots ?? order.desired.reboots,
    reverts: domain?.mark?.reverts ?? order.desired.reverts,
  };
  const defined: DomainMark = { ...carriedOut, spec: hardwareOf(order.spec), adopted: false };
  if (define) steps.push({ kind: "define", mark: defined });

  for (const { path, live: delta } of live) if (delta) steps.push({ kind: "live", path, delta, mark: defined });
  return steps;
}

/** Volumes, seed and ports. A disk that moves has its copy made before anything is defined with it. */
function planDevices(order: VmOrder, { grow }: { grow: boolean }): Step[] {
  const steps: Step[] = order.spec.disks.map((disk) =>
    disk.movingFromPoolId ? { kind: "move", disk } : { kind: "volume", disk, grow },
  );
  steps.push({ kind: "seed" });
  const used = new Set(order.spec.nics.map((nic) => nic.networkId));
  for (const request of order.networks) if (used.has(request.networkId)) steps.push({ kind: "network", request });
  for (const nic of order.spec.nics) steps.push({ kind: "port", nic });
  return steps;
}

function planPower(domain: Domain | undefined, desired: VmDesired): Step[] {
  const power = domain?.power ?? PowerState.STOPPED;
  switch (desired.power) {
    case VmDesired_Power.ON:
      if (power === PowerState.RUNNING) return planReboot(domain, desired);
      if (power === PowerState.PAUSED) return [{ kind: "resume" }, ...planReboot(domain, desired)];
      return fromOff(power);
    case VmDesired_Power.PAUSED:
      if (power === PowerState.PAUSED) return [];
      if (power === PowerState.RUNNING) return [{ kind: "pause" }];
      return [...fromOff(power), { kind: "pause" }];
    case VmDesired_Power.SUSPENDED:
      // A VM that is off has no memory to save: it stays off.
      if (power === PowerState.RUNNING) return [{ kind: "save" }];
      if (power === PowerState.PAUSED) return [{ kind: "save" }];
      return [];
    case VmDesired_Power.OFF:
      return planOff(power, desired);
    default:
      return [];
  }
}

/** The guest's memory is gone with a crash, so what is left of the process is cut first. */
function fromOff(power: PowerState): Step[] {
  return power === PowerState.CRASHED ? [{ kind: "cut" }, { kind: "start" }] : [{ kind: "start" }];
}

/**
 * A reboot that asks the guest stops it and starts it again, as `qm reboot` of Proxmox does: changes that waited for a
 * restart take effect, and it does not need libvirt's own way, which loses the VM when it holds a lease (libvirt takes
 * the lease a second time after the reset, is refused, and kills the guest).
 */
function planReboot(domain: Domain | undefined, desired: VmDesired): Step[] {
  if (!domain?.mark || domain.mark.reboots >= desired.reboots) return [];
  if (desired.rebootForce) return [{ kind: "reset" }];
  return [{ kind: "ask-stop", timeoutMs: DEFAULT_STOP_TIMEOUT_MS, thenCut: false }, { kind: "start" }];
}

function planOff(power: PowerState, desired: VmDesired): Step[] {
  if (power === PowerState.STOPPED || power === PowerState.UNKNOWN) return [];
  if (power === PowerState.CRASHED) return [{ kind: "cut" }];
  if (desired.force && desired.stopTimeoutSeconds === 0) return [{ kind: "cut" }];
  const ask: Step = {
    kind: "ask-stop",
    timeoutMs: desired.stopTimeoutSeconds * 1000 || DEFAULT_STOP_TIMEOUT_MS,
    thenCut: desired.force,
  };
  // A guest can only hear the question while it runs.
  if (power === PowerState.PAUSED) return [{ kind: "resume" }, ask];
  if (power === PowerState.SUSPENDED) return [{ kind: "start" }, ask];
  return [ask];
}

/** What the spec named before and no longer does, once neither the definition nor the running domain has it. */
function planCleanup(domain: Domain | undefined, order: VmOrder, steps: Step[]): Step[] {
  if (!domain) return [];
  const before = [domain.mark?.spec, domain.liveMark?.spec].filter((spec) => spec !== undefined);
  const upAfter =
    (isUp(domain.power) || steps.some(({ kind }) => kind === "start")) &&
    !steps.some(({ kind }) => kind === "cut" || kind === "ask-stop" || kind === "save");
  const stillUsed = (id: string) =>
    upAfter &&
    isUp(domain.power) &&
    [...(domain.liveMark?.spec?.disks ?? []), ...(domain.liveMark?.spec?.nics ?? [])].some((it) => it.id === id) &&
    !steps.some(
      (step) =>
        step.kind === "live" &&
        ((step.delta.kind === "detach-disk" && step.delta.disk.id === id) ||
          (step.delta.kind === "detach-nic" && step.delta.nic.id === id)),
    );

  const result: Step[] = [];
  if (domain.mark?.generation !== order.generation) {
    for (const disk of order.spec.disks) if (disk.movingFromPoolId) result.push({ kind: "delete-copy", disk });
  }
  const volumes = new Set(order.spec.disks.map((disk) => disk.volumeId));
  for (const disk of before.flatMap((spec) => spec.disks)) {
    if (!disk.volumeId || volumes.has(disk.volumeId) || stillUsed(disk.id)) continue;
    volumes.add(disk.volumeId);
    result.push({ kind: "release", disk });
  }
  const nics = new Set(order.spec.nics.map((nic) => nic.id));
  for (const nic of before.flatMap((spec) => spec.nics)) {
    if (nics.has(nic.id) || stillUsed(nic.id)) continue;
    nics.add(nic.id);
    result.push({ kind: "delete-port", nic });
  }
  return result;
}

/** It has a process with memory on this host. */
export function isUp(power: PowerState): boolean {
  return power === PowerState.RUNNING || power === PowerState.PAUSED;
}

function sameMark(a: DomainMark, b: DomainMark): boolean {
  return (
    a.generation === b.generation &&
    a.reboots === b.reboots &&
    a.reverts === b.reverts &&
    a.adopted === b.adopted &&
    (b.spec === undefined || sameHardware(a.spec, b.spec))
  );
}
