import { type DiskDevice, problem, Reason } from "@limiquantix/api";
import { BlockCommitFlag, BlockJobType } from "@limiquantix/libvirt";
import type { DiskWork } from "@limiquantix/node";
import { domainRef } from "../domain-ref.ts";
import { BlockJob } from "./block-job.ts";
import type { DiskParts } from "./live-disks.ts";
import { runningDisk } from "./running-disk.ts";

export interface Merge {
  disk: DiskDevice;
  top: string;
  base: string;
  active: boolean;
}

const ACTION = "merge layers of a disk of";

/** Merges `top` and what lies between down into `base`, while the guest runs; a merge that runs already is joined. */
export async function mergeLayers(parts: DiskParts, vmId: string, merge: Merge, work: DiskWork): Promise<void> {
  const dom = domainRef(vmId);
  const look = () => runningDisk(parts.connection, { vmId, dom }, { disk: merge.disk, action: ACTION });
  const before = await look();
  const job = new BlockJob(parts, dom, before.target);
  const type = await job.type();
  const isOurs = merge.active
    ? type === BlockJobType.ACTIVE_COMMIT && before.mirror?.name === merge.base
    : type === BlockJobType.COMMIT;
  if (!isOurs) {
    // Left by somebody who is gone: there is one operation at a time per disk.
    if (type !== undefined) await job.abandon();
    const { layers, target } = type === undefined ? before : await look();
    const indexOf = (name: string) => layers.find((layer) => layer.name === name)?.index;
    const [top, base] = [indexOf(merge.top), indexOf(merge.base)];
    if (base === undefined) throw refused(vmId, `${merge.base} is no layer of the disk`);
    // Merged before.
    if (top === undefined) return;
    await parts.connection.call("DOMAIN_BLOCK_COMMIT", {
      dom,
      disk: target,
      top: `${target}[${top}]`,
      base: `${target}[${base}]`,
      flags: merge.active ? BlockCommitFlag.ACTIVE : 0,
    });
  }
  await parts.finish(job, work);
  if ((await look()).layers.some(({ name }) => name === merge.top))
    throw refused(vmId, "the merge failed; the emulator's log may tell more");
}

function refused(vmId: string, cause: string) {
  return problem(Reason.HYPERVISOR_REFUSED, { action: ACTION, vm: vmId, cause });
}
