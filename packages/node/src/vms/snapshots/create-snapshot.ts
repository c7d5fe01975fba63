import { create } from "@bufbuild/protobuf";
import { problem, Reason, type DiskDevice } from "@limiquantix/api";
import { SnapshotReportSchema, type SnapshotReport } from "@limiquantix/api/daemon";
import type { DiskSource } from "../../ports/disk-source.ts";
import type { Domain, LiveSnapshotResult } from "../../ports/hypervisor.ts";
import type { HostParts } from "../host-parts.ts";
import { isUp } from "../plan-vm.ts";
import { disksOf, redirectIfOff, settleDisks } from "../vm-disks.ts";
import { removeSnapshot } from "./delete-snapshot.ts";
import { findMemory, memoryHome } from "./memory.ts";
import {
  assertNotCrashed,
  deviceOf,
  isInDefinition,
  snapshotDisks,
  type SnapshotDisk,
  type SnapshotJob,
  type SnapshotOrder,
} from "./snapshot-order.ts";

/**
 * Makes a snapshot of all disks at one instant, or answers the one there is. One that an attempt before this one left
 * half-made is of no instant: it goes first. What fails leaves nothing.
 */
export async function createSnapshot(host: HostParts, order: SnapshotOrder, job: SnapshotJob): Promise<SnapshotReport> {
  const { hypervisor, pools } = host;
  const { vmId, snapshotId } = order;
  const disks = snapshotDisks(pools, order);
  const domain = await hypervisor.find(vmId);
  assertNotCrashed(domain, "a snapshot");
  await settleDisks(domain, disksOf(pools, domain));
  const wantsMemory = order.includeMemory && domain !== undefined && isUp(domain.power);
  const made = await madeOf(disks, snapshotId);
  const memory = await findMemory(pools, snapshotId);
  const whole = made.length === disks.length && (memory !== undefined || !wantsMemory);
  if (whole && (disks.length > 0 || memory)) return reportOf(host, order, { disks });
  if (made.length > 0 || memory) await removeSnapshot(host, order, job);

  job.report({ percent: 10, message: "takes the snapshot" });
  try {
    const live = domain && isUp(domain.power) ? await takeLive(host, order, { domain, disks }) : undefined;
    if (!live) await takeOff(host, order, { domain, disks, signal: job.signal });
    job.signal.throwIfAborted();
    return await reportOf(host, order, { disks, live });
  } catch (cause) {
    await undo(host, order);
    throw cause;
  }
}

async function takeLive(
  host: HostParts,
  order: SnapshotOrder,
  { domain, disks }: { domain: Domain; disks: SnapshotDisk[] },
): Promise<LiveSnapshotResult> {
  const { hypervisor, pools } = host;
  const { vmId, snapshotId, includeMemory, quiesce } = order;
  for (const disk of disks) {
    if (isInDefinition(domain, disk)) continue;
    throw problem(Reason.NOT_FOUND, { kind: `disk of VM ${domain.name}`, id: disk.diskId });
  }
  const memory = includeMemory ? memoryHome(pools, disks[0]?.backend) : undefined;
  if (includeMemory && !memory) {
    throw problem(Reason.UNSUPPORTED, { what: "a snapshot with memory", why: "no pool here keeps files" });
  }
  const switchTo: { disk: DiskDevice; source: DiskSource }[] = [];
  for (const { diskId, volumeId, snapshots } of disks) {
    if (!snapshots.layers) continue;
    const source = await snapshots.layers.prepare(volumeId, snapshotId);
    switchTo.push({ disk: deviceOf(domain, diskId), source });
  }
  const frozen = disks.filter(({ snapshots }) => !snapshots.layers);
  const result = await hypervisor.disks.snapshot(vmId, {
    switchTo,
    beneath: async () => {
      await Promise.all(frozen.map(({ volumeId, snapshots }) => snapshots.create(volumeId, snapshotId)));
    },
    memoryPath: memory?.path(snapshotId),
    quiesce,
  });
  await settleDisks(await hypervisor.find(vmId), disksOf(pools, domain));
  return result;
}

/** Nobody writes: one after the other is the same instant. The definition is told last of all, for it tells what counts. */
async function takeOff(
  host: HostParts,
  { vmId, snapshotId }: SnapshotOrder,
  { domain, disks, signal }: { domain: Domain | undefined; disks: SnapshotDisk[]; signal: AbortSignal },
): Promise<void> {
  for (const { volumeId, snapshots } of disks) {
    signal.throwIfAborted();
    await snapshots.create(volumeId, snapshotId);
  }
  await redirectIfOff(host, vmId, domain);
}

async function undo(host: HostParts, order: SnapshotOrder): Promise<void> {
  try {
    const domain = await host.hypervisor.find(order.vmId);
    await settleDisks(domain, disksOf(host.pools, domain));
    // Whatever ended the creation does not end its undoing.
    await removeSnapshot(host, order, { signal: new AbortController().signal, report: () => {} });
  } catch (cause) {
    const { vmId, snapshotId } = order;
    host.log.warn("a failed snapshot could not be undone", { vmId, snapshotId, err: cause });
  }
}

async function madeOf(disks: readonly SnapshotDisk[], snapshotId: string): Promise<SnapshotDisk[]> {
  const made = [];
  for (const disk of disks) {
    const info = await disk.backend.findVolume(disk.volumeId);
    if (!info) throw problem(Reason.NOT_FOUND, { kind: "volume", id: disk.volumeId });
    if (info.snapshotIds.includes(snapshotId)) made.push(disk);
  }
  return made;
}

async function reportOf(
  { pools }: HostParts,
  { snapshotId, quiesce }: SnapshotOrder,
  { disks, live }: { disks: SnapshotDisk[]; live?: LiveSnapshotResult | undefined },
): Promise<SnapshotReport> {
  const memory = await findMemory(pools, snapshotId);
  let sizeBytes = (await memory?.sizeBytes(snapshotId)) ?? 0;
  for (const { volumeId, snapshots } of disks) sizeBytes += (await snapshots.usedBytes(volumeId, snapshotId)) ?? 0;
  const unknown = quiesce ? "the guest was off, or the daemon was started anew meanwhile" : "";
  return create(SnapshotReportSchema, {
    memoryIncluded: memory !== undefined,
    quiesced: live?.quiesced ?? false,
    quiesceMessage: live ? live.quiesceMessage : unknown,
    pausedMs: live?.pausedMs ?? 0,
    sizeBytes: BigInt(Math.round(sizeBytes)),
  });
}
