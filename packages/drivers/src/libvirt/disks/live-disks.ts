import type { Clock, Log } from "@limiquantix/kit";
import type { LibvirtConnection } from "@limiquantix/libvirt";
import type { DiskDevice } from "@limiquantix/api";
import type {
  DiskAttachment,
  DiskSource,
  DiskWork,
  LiveDisks,
  LiveSnapshot,
  LiveSnapshotResult,
} from "@limiquantix/node";
import { libvirtFailure } from "../failures.ts";
import type { LongCall } from "../long-call.ts";
import type { BlockJob } from "./block-job.ts";
import { copyDisk, copyTarget, endCopy } from "./copy.ts";
import type { Holds } from "./holds.ts";
import { type Merge, mergeLayers } from "./merge.ts";
import { redirectDisks } from "./redirect.ts";
import { snapshotDisks } from "./snapshot.ts";

/** What work on the disks of running guests needs. */
export interface DiskParts {
  connection: LibvirtConnection;
  longCall: LongCall;
  clock: Clock;
  log: Log;
  holds: Holds;
  /** Waits for a job, and switches the guest over where it is that kind. Cut off or failed, the guest keeps what it had. */
  finish(job: BlockJob, work: DiskWork): Promise<void>;
}

/** Work on the disks of running guests, by libvirt's block jobs and external snapshots without metadata. */
export class LibvirtDisks implements LiveDisks {
  readonly #parts: DiskParts;

  constructor(parts: Omit<DiskParts, "finish">) {
    this.#parts = { ...parts, finish };
  }

  async snapshot(vmId: string, request: LiveSnapshot): Promise<LiveSnapshotResult> {
    return doing(vmId, "take a snapshot of", () => snapshotDisks(this.#parts, vmId, request));
  }

  async merge(vmId: string, merge: Merge, work: DiskWork): Promise<void> {
    await doing(vmId, "merge layers of a disk of", () => mergeLayers(this.#parts, vmId, merge, work));
  }

  async copy(vmId: string, copy: { disk: DiskDevice; to: DiskSource }, work: DiskWork): Promise<void> {
    await doing(vmId, "copy a disk of", () => copyDisk(this.#parts, vmId, copy, work));
  }

  async copying(vmId: string, disk: DiskDevice): Promise<string | undefined> {
    return doing(vmId, "look at a copy of a disk of", () => copyTarget(this.#parts, vmId, disk));
  }

  async endCopy(vmId: string, disk: DiskDevice): Promise<void> {
    await doing(vmId, "end the copy of a disk of", () => endCopy(this.#parts, vmId, disk));
  }

  async redirect(vmId: string, disks: readonly DiskAttachment[]): Promise<void> {
    await doing(vmId, "redirect disks of", () => redirectDisks(this.#parts, vmId, disks));
  }
}

async function finish(job: BlockJob, work: DiskWork): Promise<void> {
  try {
    if ((await job.settled(work)) === "gone") return;
    work.signal.throwIfAborted();
    await job.pivot();
  } catch (error) {
    // Without a connection this fails as well: the job goes on, and who comes next joins it or ends it.
    await job.abandon().catch(() => {});
    throw error;
  }
}

async function doing<T>(vmId: string, action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw libvirtFailure(error, vmId, action);
  }
}
