import { create } from "@bufbuild/protobuf";
import { problem, Reason } from "@limiquantix/api";
import { SnapshotReportSchema, type SnapshotReport } from "@limiquantix/api/daemon";
import type { Domain } from "../../ports/hypervisor.ts";
import type { SnapshotWork } from "../../ports/volume-backend.ts";
import type { HostParts } from "../host-parts.ts";
import { isUp } from "../plan-vm.ts";
import { disksOf, redirectIfOff, settleDisks } from "../vm-disks.ts";
import { deleteMemory } from "./memory.ts";
import {
  assertNotCrashed,
  deviceOf,
  isInDefinition,
  snapshotDisks,
  type SnapshotDisk,
  type SnapshotJob,
  type SnapshotOrder,
} from "./snapshot-order.ts";

/** Merges what it kept apart, under a running guest too. Done when there is nothing. */
export async function deleteSnapshot(host: HostParts, order: SnapshotOrder, job: SnapshotJob): Promise<SnapshotReport> {
  const domain = await host.hypervisor.find(order.vmId);
  assertNotCrashed(domain, "the deletion of a snapshot");
  await settleDisks(domain, disksOf(host.pools, domain));
  await removeSnapshot(host, order, job);
  return create(SnapshotReportSchema);
}

/** As `deleteSnapshot`, of volumes that are settled. */
export async function removeSnapshot(
  host: HostParts,
  order: SnapshotOrder,
  job: Pick<SnapshotJob, "signal" | "report">,
): Promise<void> {
  const { hypervisor, pools } = host;
  const { vmId, snapshotId } = order;
  const disks = snapshotDisks(pools, order);
  const domain = await hypervisor.find(vmId);
  for (const [index, disk] of disks.entries()) {
    const work = shareOf(job, { index, of: disks.length });
    if (!(await disk.backend.findVolume(disk.volumeId))) continue;
    if (domain && isUp(domain.power) && isInDefinition(domain, disk))
      await mergeLive(host, { domain, disk, snapshotId, work });
    await disk.snapshots.delete(disk.volumeId, snapshotId, work);
  }
  if (!domain || !isUp(domain.power)) await redirectIfOff(host, vmId, domain);
  await deleteMemory(pools, snapshotId);
}

async function mergeLive(
  { hypervisor, pools }: HostParts,
  options: { domain: Domain; disk: SnapshotDisk; snapshotId: string; work: SnapshotWork },
): Promise<void> {
  const { domain, disk, snapshotId, work } = options;
  const { vmId } = domain;
  const merge = await disk.snapshots.layers?.planMerge(disk.volumeId, snapshotId);
  if (!merge) return;
  await hypervisor.disks.merge(vmId, { disk: deviceOf(domain, disk.diskId), ...merge }, work);
  const now = await hypervisor.find(vmId);
  if (!now) throw problem(Reason.NOT_FOUND, { kind: "VM", id: vmId });
  await settleDisks(now, disksOf(pools, now));
}

function shareOf(
  job: Pick<SnapshotJob, "signal" | "report">,
  { index, of }: { index: number; of: number },
): SnapshotWork {
  const message = "merges layers";
  const onProgress = (percent: number) => job.report({ percent: Math.round((100 * index + percent) / of), message });
  return { signal: job.signal, onProgress };
}
