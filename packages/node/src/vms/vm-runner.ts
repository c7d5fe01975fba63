import { isProblem, problem, Reason, type ObservedVm, type VmSpec } from "@limiquantix/api";
import { Rollback, SerialQueue } from "@limiquantix/kit";
import type { SnapshotReport } from "@limiquantix/api/daemon";
import { Job } from "../jobs/job.ts";
import { EnsureJob } from "./ensure-job.ts";
import type { HostParts } from "./host-parts.ts";
import { describeStep } from "./describe-step.ts";
import { isUp, planVm, type Step, type VmOrder } from "./plan-vm.ts";
import { removeVm } from "./remove-vm.ts";
import { StepRun } from "./run-step.ts";
import { createSnapshot } from "./snapshots/create-snapshot.ts";
import { deleteSnapshot } from "./snapshots/delete-snapshot.ts";
import type { SnapshotJob, SnapshotOrder } from "./snapshots/snapshot-order.ts";
import { detachDisks, disksOf, settleDisks, type PlacedDisk } from "./vm-disks.ts";

/** How often a plan is made anew because the guest changed its power state under it. */
const PLANS = 3;

/**
 * The only writer of one VM on this host: orders and deletions stand in its queue.
 *
 *     idle ──order──▶ running ──last step──▶ idle (the mark names the generation)
 *                      │   ├──newer order, deletion──▶ superseded at the next safe point ──▶ the newer one runs
 *                      │   └──step failed──▶ undo, if nothing was there before ──▶ idle (followers get the error)
 *     idle ──delete──▶ deleting ──▶ gone
 *
 * A safe point is between two steps, and any moment of waiting for a guest or of copying a disk. Nothing is remembered here that a daemon
 * started anew would miss: what was carried out is in the domain's mark.
 */
export class VmRunner {
  readonly #vmId: string;
  readonly #host: HostParts;
  readonly #queue = new SerialQueue();
  /** The newest order that runs or waits. */
  #job: EnsureJob | undefined;
  readonly #snapshots = new Map<string, { kind: "create" | "delete"; job: SnapshotJob }>();
  #deletions = 0;

  constructor(vmId: string, host: HostParts) {
    this.#vmId = vmId;
    this.#host = host;
  }

  get busy(): boolean {
    return this.#queue.length > 0;
  }

  /** Begins the work on an order, or joins that on the same generation. Throws STALE_GENERATION, VM_BEING_DELETED. */
  ensure(order: VmOrder): EnsureJob {
    if (this.#deletions > 0) throw problem(Reason.VM_BEING_DELETED, { vm: order.name });
    const before = this.#job;
    if (before && before.order.generation > order.generation) throw stale(order, before.order.generation);
    if (before && before.order.generation === order.generation && !before.signal.aborted) return before;
    const superseded = problem(Reason.SUPERSEDED, { by: `generation ${order.generation}` });
    before?.cancel(superseded);
    // Layers are merged for as long as it takes; a new order does not wait for that.
    const carriedOut = this.#host.observer.find(this.#vmId)?.generation ?? 0n;
    if (order.generation > carriedOut) {
      for (const { kind, job: merging } of this.#snapshots.values()) if (kind === "delete") merging.cancel(superseded);
    }
    const job = new EnsureJob(order);
    this.#job = job;
    void this.#queue
      .run(() => job.settle(this.#carryOut(job)))
      .finally(() => {
        if (this.#job === job) this.#job = undefined;
      });
    return job;
  }

  /** All disks at one instant; joins the work on the same snapshot. Throws VM_BEING_DELETED. */
  createSnapshot(request: SnapshotOrder): SnapshotJob {
    if (this.#deletions > 0) throw problem(Reason.VM_BEING_DELETED, { vm: this.#vmId });
    return this.#snapshot("create", request, (job) => createSnapshot(this.#host, request, job));
  }

  /** Takes the place of its creation, if that is under way. */
  deleteSnapshot(request: SnapshotOrder): SnapshotJob {
    return this.#snapshot("delete", request, (job) => deleteSnapshot(this.#host, request, job));
  }

  #snapshot(
    kind: "create" | "delete",
    { snapshotId }: SnapshotOrder,
    work: (job: SnapshotJob) => Promise<SnapshotReport>,
  ): SnapshotJob {
    const before = this.#snapshots.get(snapshotId);
    if (before?.kind === kind && !before.job.signal.aborted) return before.job;
    if (kind === "delete") before?.job.cancel(problem(Reason.SUPERSEDED, { by: "the snapshot's deletion" }));
    const job: SnapshotJob = new Job();
    this.#snapshots.set(snapshotId, { kind, job });
    void this.#queue
      .run(() =>
        job.settle(
          (async () => {
            job.signal.throwIfAborted();
            return work(job);
          })(),
        ),
      )
      .finally(() => {
        if (this.#snapshots.get(snapshotId)?.job === job) this.#snapshots.delete(snapshotId);
      });
    return job;
  }

  /** Lets go of the disks of a guest that went off by itself. */
  async release(): Promise<void> {
    await this.#queue.run(async () => {
      const { hypervisor, pools } = this.#host;
      const domain = await hypervisor.find(this.#vmId);
      if (domain && !isUp(domain.power)) await detachDisks(pools, disksOf(pools, domain));
    });
  }

  async remove(request: { keepOnHost: boolean; keepVolumes: boolean; spec: VmSpec | undefined }): Promise<void> {
    this.cancel(problem(Reason.SUPERSEDED, { by: "its deletion" }));
    this.#deletions++;
    try {
      await this.#queue.run(() => removeVm(this.#host, { vmId: this.#vmId, ...request }));
    } finally {
      this.#deletions--;
    }
    await this.#host.observer.look(this.#vmId);
  }

  /** Marks a domain that somebody else made; changes nothing else of it. */
  async adopt(generation: number): Promise<ObservedVm> {
    await this.#queue.run(async () => {
      const { hypervisor } = this.#host;
      const domain = await hypervisor.find(this.#vmId);
      if (!domain) throw problem(Reason.NOT_FOUND, { kind: "VM", id: this.#vmId });
      if (domain.mark && domain.mark.generation >= generation) return;
      const mark = {
        generation,
        reboots: domain.mark?.reboots ?? 0,
        reverts: domain.mark?.reverts ?? 0,
        spec: domain.mark?.spec,
        adopted: !domain.mark?.spec,
      };
      await hypervisor.setMark(this.#vmId, mark, { live: false });
    });
    return this.#look();
  }

  /** Ends what runs and waits, each at its next safe point. */
  cancel(reason: Error): void {
    this.#job?.cancel(reason);
    for (const { job } of this.#snapshots.values()) job.cancel(reason);
  }

  async idle(): Promise<void> {
    await this.#queue.idle();
  }

  async #carryOut(job: EnsureJob): Promise<ObservedVm> {
    for (let attempt = 1; ; attempt++) {
      const before = await this.#host.hypervisor.find(this.#vmId);
      try {
        return await this.#attempt(job, before);
      } catch (cause) {
        // A guest that went off (or on) by itself after the plan was made leaves a step that makes no sense.
        if (!isProblem(cause, Reason.HYPERVISOR_REFUSED) || !before || attempt >= PLANS) throw cause;
        const now = await this.#host.hypervisor.find(this.#vmId);
        if (now?.power === before.power) throw cause;
      }
    }
  }

  async #attempt(job: EnsureJob, domain: Awaited<ReturnType<HostParts["hypervisor"]["find"]>>): Promise<ObservedVm> {
    const { order, signal } = job;
    const { hypervisor, log } = this.#host;
    const carriedOut = domain?.mark?.generation ?? 0;
    if (carriedOut > order.generation) throw stale(order, carriedOut);
    if (domain && !domain.mark) throw problem(Reason.VM_NOT_MANAGED, { vm: domain.name });
    if (!domain && order.adopted) throw problem(Reason.NOT_FOUND, { kind: "VM", id: order.vmId });

    await using undo = new Rollback((what, cause) =>
      log.warn("an undo failed", { vmId: order.vmId, what, err: cause }),
    );
    const steps = planVm(domain, order, hypervisor.capabilities);
    const run = new StepRun({ host: this.#host, order, domain, undo, signal });
    const known = disksOf(this.#host.pools, domain);
    if (steps.some(({ kind }) => kind !== "mark")) await settleDisks(domain, known);
    try {
      const whole = steps.reduce((sum, step) => sum + shareOf(step), 0);
      let before = 0;
      for (const step of steps) {
        signal.throwIfAborted();
        const report = (percent: number) => {
          const done = before + (shareOf(step) * percent) / 100;
          job.report({ ...describeStep(step), percent: Math.round((100 * done) / whole) });
        };
        report(0);
        await run.run(step, report);
        before += shareOf(step);
      }
    } catch (cause) {
      // Undone is only what was to be a new VM. When the order is superseded the newer one goes on from here; when the
      // hypervisor is away the outcome is unknown, and the guest may be running on these disks.
      if (domain || signal.aborted || isProblem(cause, Reason.UNAVAILABLE)) undo.commit();
      await this.#detachIfOff([...known, ...run.disks]).catch((err: unknown) =>
        log.warn("disks could not be let go of", { vmId: order.vmId, err }),
      );
      throw cause;
    }
    undo.commit();
    const seen = await this.#look();
    if (!isUp(seen.state)) await detachDisks(this.#host.pools, [...known, ...run.disks]);
    return seen;
  }

  async #detachIfOff(disks: PlacedDisk[]): Promise<void> {
    const { hypervisor, pools } = this.#host;
    if (!disks.some(({ backend }) => pools.isDeclared(backend.pool))) return;
    const domain = await hypervisor.find(this.#vmId);
    if (domain && !isUp(domain.power)) await detachDisks(pools, disks);
  }

  async #look(): Promise<ObservedVm> {
    const seen = await this.#host.observer.look(this.#vmId);
    if (!seen) throw problem(Reason.NOT_FOUND, { kind: "VM", id: this.#vmId });
    return seen;
  }
}

/** How much of the whole a step is: disks are copied for as long as all else takes many times over. */
function shareOf(step: Step): number {
  return step.kind === "move" || (step.kind === "volume" && step.disk.sourceVolumeId) ? 20 : 1;
}

function stale(order: VmOrder, current: number) {
  return problem(Reason.STALE_GENERATION, {
    vm: order.name,
    generation: String(order.generation),
    current: String(current),
  });
}
