import {
  fromConnectError,
  problem,
  Problem,
  Reason,
  VirtualMachine_Origin,
  type Snapshot,
  type VirtualMachine,
} from "@limiquantix/api";
import { WorkQueue, type Clock, type Log, type WorkResult } from "@limiquantix/kit";
import type { Sealer } from "../identity/sealer.ts";
import type { ImageDistribution } from "../images/distribution.ts";
import type { HostClients } from "../hosts/host-clients.ts";
import { hasCondition } from "../hosts/conditions.ts";
import type { PoolReconciler } from "../pools/reconcile.ts";
import type { Database, TableChange } from "../store/database.ts";
import { imagePoolFor, nameOnHost } from "../pools/pool.ts";
import { images, nodes, pools, snapshots, vms } from "../tables.ts";
import { waitsForSnapshot } from "./clone-source.ts";
import { ensureRequestOf } from "./ensure-request.ts";
import { patienceWith } from "./patience.ts";
import { planVm, type HostState } from "./plan.ts";
import { changeVm } from "./reservation.ts";
import { recordFailure, recordRemoved, recordSeen } from "./settle.ts";
import { TaskReporter } from "../tasks/task-reporter.ts";
import { specToRemove } from "./tombstone.ts";
import { isUnmarked, statusOf } from "./vm.ts";

export interface VmReconcilerParts {
  db: Database;
  clock: Clock;
  log: Log;
  hosts: HostClients;
  images: ImageDistribution;
  /** Has the host open the VM's pools first. */
  pools: Pick<PoolReconciler, "told">;
  sealer: Sealer;
}

/** How much of the whole the fetching of images is, in percent. */
const imageShare = 30;

/**
 * Makes of each VM what is wanted of it, by its host. Woken by a change of what is wanted and by hosts that come back;
 * takes no input, so that a control plane that was killed goes on where it was. One VM is worked on once at a time; a
 * newer generation breaks off the wait for an older one, and the host lets the newer one decide.
 */
export class VmReconciler {
  readonly #parts: VmReconcilerParts;
  readonly #queue: WorkQueue;
  /** What runs now, to be broken off when it is out of date or its host is lost. */
  readonly #running = new Map<string, { generation: bigint; nodeId: string; abort: AbortController }>();
  /** Failures in a row of one generation that may be a mistake of the host's. */
  readonly #failures = new Map<string, { generation: bigint; count: number }>();
  #subscription: Disposable | undefined;

  constructor(parts: VmReconcilerParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue((id, signal) => this.#reconcile(id, signal), {
      clock: parts.clock,
      backoff: { baseMs: 500, maxMs: 30_000 },
      // Waiting for a host costs nothing here; a guest may take two minutes to shut down.
      concurrency: 1024,
      onFailure: (id, cause, failures) => parts.log.warn("VM: will try again", { vm: id, failures, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  start(): void {
    this.#subscription = this.#parts.db.subscribe((changes) => this.#notice(changes));
    for (const vm of this.#parts.db.all(vms)) this.#wake(vm);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  /** The host answers again: what waited for it goes on. */
  hostReachable(nodeId: string): void {
    for (const vm of this.#parts.db.by(vms, "node", nodeId)) this.#wake(vm);
  }

  hostUnreachable(nodeId: string): void {
    for (const work of this.#running.values()) {
      if (work.nodeId === nodeId)
        work.abort.abort(problem(Reason.NODE_UNREACHABLE, { node: nodeId, cause: "it was lost" }));
    }
    // To say in their tasks what they wait for.
    for (const vm of this.#parts.db.by(vms, "node", nodeId)) this.#wake(vm);
  }

  #notice(changes: readonly TableChange[]): void {
    for (const { table, id, before, after } of changes) {
      // Clones wait for the snapshot that they are made of.
      if (table.kind === snapshots.kind) {
        for (const clone of this.#parts.db.by(vms, "source", ((after ?? before) as Snapshot).vmId)) this.#wake(clone);
      }
      if (table.kind !== vms.kind || !after) continue;
      const [was, is] = [before as VirtualMachine | undefined, after as VirtualMachine];
      if (was?.generation === is.generation && (was.deletion === undefined) === (is.deletion === undefined)) continue;
      const work = this.#running.get(id);
      if (work && is.generation > work.generation)
        work.abort.abort(problem(Reason.SUPERSEDED, { by: "a newer request" }));
      this.#wake(is);
    }
  }

  #wake(vm: VirtualMachine): void {
    if (this.#plan(vm).do !== "nothing") this.#queue.add(vm.id);
  }

  #plan(vm: VirtualMachine) {
    return planVm(vm, this.#hostState(vm.status?.nodeId ?? ""));
  }

  #hostState(nodeId: string): HostState {
    if (this.#parts.hosts.reachable(nodeId)) return "reachable";
    const node = this.#parts.db.find(nodes, nodeId);
    if (!node) return "gone";
    return hasCondition(node, "Reachable") ? "unreachable" : "lost";
  }

  async #reconcile(id: string, stop: AbortSignal): Promise<WorkResult> {
    const vm = this.#parts.db.find(vms, id);
    if (!vm) return;
    const plan = this.#plan(vm);
    if (plan.do === "nothing") return;
    if (plan.do === "wait") return this.#reporter(vm).waitsFor(this.#hostname(vm));
    if (plan.do === "ensure" && waitsForSnapshot(this.#parts.db, vm)) {
      return this.#reporter(vm).step({ step: "snapshot", message: "waits for the snapshot that it is made of" });
    }
    const nodeId = vm.status?.nodeId ?? "";
    const abort = new AbortController();
    this.#running.set(id, { generation: vm.generation, nodeId, abort });
    const signal = AbortSignal.any([stop, abort.signal]);
    try {
      await this.#carryOut(plan.do, vm, signal);
      this.#failures.delete(id);
    } catch (error) {
      return await this.#failed(vm, error, signal);
    } finally {
      this.#running.delete(id);
    }
  }

  async #carryOut(
    what: "ensure" | "adopt" | "remove" | "forget",
    vm: VirtualMachine,
    signal: AbortSignal,
  ): Promise<void> {
    const { db, clock, hosts } = this.#parts;
    switch (what) {
      case "forget":
        return db.transact((tx) => recordRemoved(tx, clock, vm.id, { unasked: true }));
      case "remove": {
        const keepOnHost = vm.deletion?.keepOnHost ?? false;
        const spec = specToRemove(vm);
        await this.#reporter(vm).step({ step: "host", message: "the host removes it" });
        // Volumes are deleted by their own reconciler, once no VM has them.
        const request = { vmId: vm.id, keepOnHost, spec, keepVolumes: true };
        await this.#parts.pools.told(vm.status?.nodeId ?? "", poolIdsOf(vm), signal);
        await hosts.client(vm.status?.nodeId ?? "").deleteVM(request, { signal });
        await db.transact((tx) => recordRemoved(tx, clock, vm.id, { unasked: false }));
        // What stays there was told of while it still had its row.
        if (keepOnHost) await this.#lookAt(vm);
        return;
      }
      case "adopt": {
        const client = hosts.client(vm.status?.nodeId ?? "");
        const { observed } = await client.adoptVM({ vmId: vm.id, generation: vm.generation }, { signal });
        if (observed) await this.#seen(vm, observed);
        return;
      }
      case "ensure":
        return this.#ensure(vm, signal);
    }
  }

  async #ensure(vm: VirtualMachine, signal: AbortSignal): Promise<void> {
    const { hosts } = this.#parts;
    const reporter = this.#reporter(vm);
    await this.#parts.pools.told(vm.status?.nodeId ?? "", poolIdsOf(vm), signal);
    const share = await this.#fetchImages(vm, reporter, signal);
    const stream = hosts.client(vm.status?.nodeId ?? "").ensureVM(ensureRequestOf(this.#parts, vm), { signal });
    for await (const progress of stream) {
      if (progress.done) {
        if (progress.observed) await this.#seen(vm, progress.observed);
        return;
      }
      const percent = share + (progress.percent * (100 - share)) / 100;
      await reporter.step({ step: progress.step, percent, message: progress.message });
    }
    // The host was stopped in the middle: it goes on when it is back.
    throw problem(Reason.UNAVAILABLE, { what: this.#hostname(vm), why: "it ended the work without an answer" });
  }

  /** Sees to it that the host has the images of the VM's disks and drives. Answers what percentage of the work that was. */
  async #fetchImages(vm: VirtualMachine, reporter: TaskReporter, signal: AbortSignal): Promise<number> {
    const { db } = this.#parts;
    const nodeId = vm.status?.nodeId ?? "";
    const made = (vm.status?.observedGeneration ?? 0n) > 0n;
    const poolFor = (id: string) => imagePoolFor(db, db.find(pools, id), nodeId);
    const firstPool = poolFor(vm.spec?.disks[0]?.storagePoolId ?? "");
    const wanted = [
      ...(vm.spec?.disks ?? []).map(({ imageId, storagePoolId }) => ({ imageId, pool: poolFor(storagePoolId) })),
      ...(vm.spec?.cdroms ?? []).map(({ imageId }) => ({ imageId, pool: firstPool })),
    ].filter(({ imageId }) => imageId !== "" && !(made && !db.find(images, imageId)));
    for (const [i, { imageId, pool }] of wanted.entries()) {
      const message = `image ${db.find(images, imageId)?.name ?? imageId}`;
      let told: Promise<void> | undefined;
      await this.#parts.images.ensureCopy({
        imageId,
        nodeId,
        pool: pool ? nameOnHost(pool) : "",
        signal,
        onProgress(stepPercent) {
          const percent = ((i + stepPercent / 100) / wanted.length) * imageShare;
          // One report at a time: a fast copy does not wait for its own figures.
          told ??= reporter.step({ step: "image", stepPercent, percent, message }).finally(() => (told = undefined));
        },
      });
      await told;
    }
    return wanted.length > 0 ? imageShare : 0;
  }

  async #seen(vm: VirtualMachine, seen: Parameters<typeof recordSeen>[3]): Promise<void> {
    const { db, clock } = this.#parts;
    await db.transact((tx) => recordSeen(tx, clock, vm.status?.nodeId ?? "", seen));
  }

  /** Decides by the reason whether it is tried again. Throwing lets the queue wait and come back. */
  async #failed(vm: VirtualMachine, error: unknown, signal: AbortSignal): Promise<WorkResult> {
    const { db, clock, log } = this.#parts;
    const abortedBy: unknown = signal.aborted ? signal.reason : undefined;
    const current = db.find(vms, vm.id);
    // Out of date, or the control plane stops: another round is for what is wanted now.
    if (signal.aborted || !current || current.generation !== vm.generation) {
      if (current && abortedBy instanceof Problem) this.#wake(current);
      return;
    }
    const cause = fromConnectError(error, `host ${this.#hostname(vm)}`);
    if (cause.reason === Reason.STALE_GENERATION) {
      const host = BigInt(/^\d+$/.test(cause.params.current ?? "") ? (cause.params.current ?? "0") : "0");
      await db.transact((tx) =>
        changeVm(tx, clock, vm.id, (copy) => {
          if (copy.generation <= host) copy.generation = host + 1n;
        }),
      );
      return;
    }
    // Let go of and found again within a moment: its row knows it with the mark that its host took away meanwhile.
    if (cause.reason === Reason.VM_NOT_MANAGED && !isUnmarked(current)) {
      await db.transact((tx) =>
        changeVm(tx, clock, vm.id, (copy) => {
          copy.origin = VirtualMachine_Origin.IMPORTED;
          statusOf(copy).observedGeneration = 0n;
        }),
      );
      return { againInMs: 0 };
    }
    const patience = patienceWith(cause);
    const before = this.#failures.get(vm.id);
    const count = before?.generation === vm.generation ? before.count + 1 : 1;
    this.#failures.set(vm.id, { generation: vm.generation, count });
    if (vm.deletion || count < patience) {
      await this.#reporter(vm).trouble(cause);
      throw cause;
    }
    this.#failures.delete(vm.id);
    log.warn("VM: its host could not do it", { vm: vm.id, generation: String(vm.generation), err: cause });
    await db.transact((tx) => recordFailure(tx, clock, { id: vm.id, generation: vm.generation, cause }));
    await this.#lookAt(vm);
  }

  /** How the VM really is now. What cannot be asked now is told by the host's events later. */
  async #lookAt(vm: VirtualMachine): Promise<void> {
    const { hosts, log } = this.#parts;
    try {
      await this.#seen(vm, await hosts.client(vm.status?.nodeId ?? "").getVMStatus({ vmId: vm.id }));
    } catch (error) {
      log.debug("VM: its state could not be asked", { vm: vm.id, err: error });
    }
  }

  #reporter(vm: VirtualMachine): TaskReporter {
    const { db, clock } = this.#parts;
    return new TaskReporter({ db, clock }, vm);
  }

  #hostname(vm: VirtualMachine): string {
    const nodeId = vm.status?.nodeId ?? "";
    return this.#parts.db.find(nodes, nodeId)?.hostname ?? nodeId;
  }
}

function poolIdsOf({ spec }: VirtualMachine): Set<string> {
  const ids = (spec?.disks ?? []).flatMap(({ storagePoolId, movingFromPoolId }) => [storagePoolId, movingFromPoolId]);
  return new Set(ids.filter((id) => id !== ""));
}
