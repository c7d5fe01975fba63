import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  fromConnectError,
  ImageStatus_Phase,
  Node_Phase,
  problem,
  Problem,
  Reason,
  type Image,
  type Node,
} from "@limiquantix/api";
import { WorkQueue, type WorkResult } from "@limiquantix/kit";
import { noAccess } from "../access/access.ts";
import { dropGrantsOn } from "../access/drop-grants.ts";
import { recordEvent } from "../events/event.ts";
import { keepsImages, nameOnHost } from "../pools/pool.ts";
import type { TableChange } from "../store/database.ts";
import { images, nodes, pools, tasks } from "../tables.ts";
import { endTask, openTasksOf, progressTask } from "../tasks/task.ts";
import { convertImage } from "./convert.ts";
import { assertUnused, refOf, updateImageStatus } from "./image.ts";
import { importImage, uploadPatienceLeftMs, type ImportParts } from "./import.ts";
import { endOpenTasks, imageFailed, isPassing } from "./outcome.ts";

/** How often a host's unexplained failure is put up with before the import fails. */
const mostInternalFailures = 5;
/** How often an image that waits for a host is looked at. */
const lookAgainMs = 10_000;

/** Makes of each image what is wanted of it: fetches it, has it converted, deletes it everywhere, gives up uploads that nobody ends. */
export class ImageReconciler {
  readonly #parts: ImportParts;
  readonly #queue: WorkQueue;
  /** Imports and conversions that run now, to be broken off when the image is deleted or its task cancelled. */
  readonly #running = new Map<string, AbortController>();
  readonly #internalFailures = new Map<string, number>();
  #subscription: Disposable | undefined;

  constructor(parts: ImportParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue((id, signal) => this.#reconcile(id, signal), {
      clock: parts.clock,
      backoff: { baseMs: 1000, maxMs: 60_000 },
      concurrency: 8,
      onFailure: (id, cause, failures) => parts.log.warn("image: will try again", { image: id, failures, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  start(): void {
    this.#subscription = this.#parts.db.subscribe((changes) => this.#notice(changes));
    for (const image of this.#parts.db.all(images)) this.#queue.add(image.id);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  #notice(changes: readonly TableChange[]): void {
    for (const { table, id, before, after } of changes) {
      if (table.kind === images.kind && isNews(before as Image | undefined, after as Image | undefined)) this.#wake(id);
      if (table.kind === nodes.kind && isBack(before as Node | undefined, after as Node | undefined))
        this.#wakeWaiting();
      if (table.kind === pools.kind && !before) this.#wakeWaiting();
      if (table.kind !== tasks.kind) continue;
      const task = this.#parts.db.find(tasks, id);
      if (task?.target?.kind === images.kind && task.cancelRequested) this.#wake(task.target.id);
    }
  }

  /** A host came, or came back. */
  #wakeWaiting(): void {
    for (const image of this.#parts.db.all(images)) if (!isSettled(image)) this.#queue.add(image.id);
  }

  #wake(id: string): void {
    const image = this.#parts.db.find(images, id);
    if (!image || image.deletedAt || this.#cancelled(id)) this.#running.get(id)?.abort(new Error("no longer wanted"));
    this.#queue.add(id);
  }

  #cancelled(id: string): boolean {
    return openTasksOf(this.#parts.db, id).some((task) => task.cancelRequested && task.kind !== "image.delete");
  }

  async #reconcile(id: string, signal: AbortSignal): Promise<WorkResult> {
    const { db, clock } = this.#parts;
    const image = db.find(images, id);
    if (!image) return;
    if (!image.deletedAt && this.#cancelled(id)) await this.#withdraw(id);
    const now = db.find(images, id);
    if (now?.deletedAt) return this.#remove(now, signal);
    const phase = image.status?.phase;
    if (phase === ImageStatus_Phase.CONVERTING) return this.#work(image, signal, convertImage);
    if (phase !== ImageStatus_Phase.PENDING && phase !== ImageStatus_Phase.DOWNLOADING) return;
    if (image.spec?.source?.url) return this.#work(image, signal, importImage);

    const leftMs = uploadPatienceLeftMs(image, clock.now());
    if (leftMs > 0) return { againInMs: leftMs, background: true };
    await db.transact((tx) =>
      imageFailed(tx, clock, id, problem(Reason.IMAGE_TRUNCATED, { why: "its upload was not finished within a day" })),
    );
  }

  /** Lets a host work on the image. */
  async #work(image: Image, signal: AbortSignal, work: typeof importImage): Promise<WorkResult> {
    const controller = new AbortController();
    this.#running.set(image.id, controller);
    try {
      await work(this.#parts, image, AbortSignal.any([signal, controller.signal]));
      this.#internalFailures.delete(image.id);
    } catch (cause) {
      if (signal.aborted || controller.signal.aborted) return;
      if (!(cause instanceof Problem)) throw cause;
      if (isPassing(cause)) return await this.#wait(image.id, cause);
      if (this.#mayPass(image.id, cause)) throw cause;
      await this.#parts.db.transact((tx) => imageFailed(tx, this.#parts.clock, image.id, cause));
    } finally {
      this.#running.delete(image.id);
    }
  }

  #mayPass(id: string, failure: Problem): boolean {
    if (failure.reason !== Reason.INTERNAL) return false;
    const failures = (this.#internalFailures.get(id) ?? 0) + 1;
    this.#internalFailures.set(id, failures);
    return failures < mostInternalFailures;
  }

  /** Nothing can be done before a host is back: its return wakes the image, and so does time, in case that was missed. */
  async #wait(id: string, failure: Problem): Promise<WorkResult> {
    const { db, clock } = this.#parts;
    await db.transact((tx) => {
      const isConverting = tx.find(images, id)?.status?.phase === ImageStatus_Phase.CONVERTING;
      for (const task of openTasksOf(tx, id)) {
        tx.update(tasks, task.id, (copy) =>
          progressTask(copy, clock.now(), {
            step: isConverting ? "convert" : "transfer",
            message: `waiting: ${failure.message}`,
          }),
        );
      }
    });
    return { againInMs: lookAgainMs, background: true };
  }

  /** A cancelled import leaves nothing: the image goes the way of a deleted one. */
  async #withdraw(id: string): Promise<void> {
    const { db, clock } = this.#parts;
    await db.transact((tx) => {
      const image = tx.find(images, id);
      if (!image || image.deletedAt || image.status?.phase === ImageStatus_Phase.READY) return;
      tx.update(images, id, (copy) => {
        copy.deletedAt = timestampFromMs(clock.now());
        copy.generation += 1n;
      });
      updateImageStatus(tx, clock, id, (status) => {
        status.phase = ImageStatus_Phase.DELETING;
      });
    });
  }

  async #remove(image: Image, signal: AbortSignal): Promise<WorkResult> {
    const { db, clock, hosts } = this.#parts;
    try {
      // Asked again: a VM may have been created while the request to delete was on its way. Its name is not for all who
      // may see the image.
      assertUnused(db, image, noAccess);
      for (const { nodeId, pool } of this.#placesOf(image)) {
        await hosts.client(nodeId).deleteImage({ imageId: image.id, pool }, { signal });
      }
    } catch (cause) {
      if (signal.aborted) return;
      const failure = fromConnectError(cause, "a host that has a copy");
      if (isPassing(failure)) return await this.#wait(image.id, failure);
      if (failure.reason !== Reason.IMAGE_IN_USE) throw failure;
      return await this.#keep(image.id, failure);
    }
    await db.transact((tx) => {
      if (!tx.find(images, image.id)) return;
      for (const task of openTasksOf(tx, image.id)) {
        const cancelled = problem(Reason.CANCELLED, { who: "a user" });
        endTask(
          tx,
          clock,
          task.id,
          task.kind === "image.delete" ? { state: "SUCCEEDED" } : { state: "CANCELLED", problem: cancelled },
        );
      }
      recordEvent(tx, {
        clock,
        type: "lifecycle",
        message: `image ${image.name} is deleted`,
        subject: refOf(image),
      });
      dropGrantsOn(tx, "image", image.id);
      tx.delete(images, image.id);
    });
  }

  /**
   * Where the image's file is or may be: its copies, the host of an unfinished transfer, and every host that answers,
   * since a control plane that was killed behind a copy did not write that down.
   */
  *#placesOf({ status }: Image): Iterable<{ nodeId: string; pool: string }> {
    const { db, hosts } = this.#parts;
    const certain = new Set(status?.copies.map((copy) => `${copy.nodeId}/${copy.storagePoolId}`));
    certain.add(`${status?.nodeId}/${status?.storagePoolId}`);
    for (const pool of db.all(pools)) {
      if (!keepsImages(pool)) continue;
      for (const nodeId of pool.spec?.assignedNodeIds ?? []) {
        // A host that left the cluster took its copy along.
        if (!db.find(nodes, nodeId)) continue;
        if (certain.has(`${nodeId}/${pool.id}`) || hosts.reachable(nodeId)) yield { nodeId, pool: nameOnHost(pool) };
      }
    }
  }

  /** The deletion is taken back: the image turned out to be in use. */
  async #keep(id: string, failure: Problem): Promise<void> {
    const { db, clock } = this.#parts;
    await db.transact((tx) => {
      const image = tx.update(images, id, (copy) => {
        copy.deletedAt = undefined;
      });
      updateImageStatus(tx, clock, id, (status) => {
        status.phase = status.copies.length > 0 ? ImageStatus_Phase.READY : ImageStatus_Phase.ERROR;
      });
      endOpenTasks(tx, clock, image, `image ${image.name} was not deleted: ${failure.message}`, {
        state: "FAILED",
        problem: failure,
      });
    });
  }
}

/** Whether a change of the row is one of what is wanted: progress is not. */
function isNews(before: Image | undefined, after: Image | undefined): boolean {
  return (
    !before ||
    !after ||
    before.generation !== after.generation ||
    before.deletedAt !== after.deletedAt ||
    before.status?.phase !== after.status?.phase
  );
}

function isSettled({ status }: Image): boolean {
  return status?.phase === ImageStatus_Phase.READY || status?.phase === ImageStatus_Phase.ERROR;
}

function isBack(before: Node | undefined, after: Node | undefined): boolean {
  return after?.status?.phase === Node_Phase.READY && before?.status?.phase !== Node_Phase.READY;
}
