import { type DiskDevice, problem, Reason } from "@limiquantix/api";
import { BlockCopyFlag, BlockJobType } from "@limiquantix/libvirt";
import { type DiskSource, type DiskWork, sourceName } from "@limiquantix/node";
import { el, printXml } from "../../xml/element.ts";
import { sourceXml } from "../domain/disk-source.ts";
import { domainRef } from "../domain-ref.ts";
import { BlockJob } from "./block-job.ts";
import type { DiskParts } from "./live-disks.ts";
import { runningDisk } from "./running-disk.ts";

const ACTION = "copy a disk of";

/**
 * What the guest writes from then on goes to both, so the copy catches up whatever it writes. TRANSIENT_JOB: libvirt
 * takes no copy of a persistent domain's disk without it; it means that the copy ends with the emulator.
 */
const FLAGS = BlockCopyFlag.REUSE_EXT | BlockCopyFlag.TRANSIENT_JOB | BlockCopyFlag.SYNCHRONOUS_WRITES;

/** Copies all of a disk, and has the guest go on with the copy; one that runs already is joined. */
export async function copyDisk(
  parts: DiskParts,
  vmId: string,
  { disk, to }: { disk: DiskDevice; to: DiskSource },
  work: DiskWork,
): Promise<void> {
  const dom = domainRef(vmId);
  const look = () => runningDisk(parts.connection, { vmId, dom }, { disk, action: ACTION });
  const wanted = sourceName(to);
  const { target, layers, mirror } = await look();
  const job = new BlockJob(parts, dom, target);
  const type = await job.type();
  if (type !== BlockJobType.COPY || mirror?.name !== wanted) {
    if (type !== undefined) await job.abandon();
    if (layers[0]?.name === wanted) return;
    await parts.connection.call("DOMAIN_BLOCK_COPY", { dom, path: target, destxml: diskXml(to), flags: FLAGS });
  }
  await parts.finish(job, work);
  if ((await look()).layers[0]?.name !== wanted)
    throw problem(Reason.HYPERVISOR_REFUSED, {
      action: ACTION,
      vm: vmId,
      cause: "the copy failed; the emulator's log may tell more",
    });
}

/** Where the copy that runs goes to; a job of another kind is none. */
export async function copyTarget(parts: DiskParts, vmId: string, disk: DiskDevice): Promise<string | undefined> {
  return (await copyOf(parts, vmId, disk))?.to;
}

/** The guest goes on with what it has. */
export async function endCopy(parts: DiskParts, vmId: string, disk: DiskDevice): Promise<void> {
  await (await copyOf(parts, vmId, disk))?.job.abandon();
}

async function copyOf(
  parts: DiskParts,
  vmId: string,
  disk: DiskDevice,
): Promise<{ to: string; job: BlockJob } | undefined> {
  const dom = domainRef(vmId);
  const { target, mirror } = await runningDisk(parts.connection, { vmId, dom }, { disk, action: ACTION });
  const job = new BlockJob(parts, dom, target);
  if (mirror?.name === undefined || (await job.type()) !== BlockJobType.COPY) return undefined;
  return { to: mirror.name, job };
}

function diskXml(to: DiskSource): string {
  const { type, source, format, backingStore } = sourceXml(to);
  return printXml(el("disk", { type }, source, backingStore, el("driver", { type: format })));
}
