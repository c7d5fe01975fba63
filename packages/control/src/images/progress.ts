import { ImageStatus_Phase, type ImageStatus } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { progressTask } from "../tasks/task.ts";
import { images, tasks } from "../tables.ts";
import { updateImageStatus } from "./image.ts";

const writeEveryMs = 1000;

/**
 * Writes how far a transfer or a conversion is into the image and its task: at most once a second and only whole percents, so that a
 * fast transfer is not slowed by its own progress.
 */
export class TransferProgress {
  readonly #parts: { db: Database; clock: Clock; log: Log };
  readonly #imageId: string;
  readonly #taskId: string | undefined;
  readonly #step: "transfer" | "convert";
  #percent = -1;
  #writtenAt = -Infinity;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    parts: { db: Database; clock: Clock; log: Log },
    imageId: string,
    { taskId, step = "transfer" }: { taskId: string | undefined; step?: "transfer" | "convert" },
  ) {
    this.#step = step;
    this.#parts = parts;
    this.#imageId = imageId;
    this.#taskId = taskId;
  }

  /** `totalBytes` 0: not known. */
  report(bytes: number, totalBytes: number): void {
    const percent = totalBytes > 0 ? Math.min(99, Math.floor((100 * bytes) / totalBytes)) : 0;
    const now = this.#parts.clock.now();
    if (percent === this.#percent || now - this.#writtenAt < writeEveryMs) return;
    this.#percent = percent;
    this.#writtenAt = now;
    this.#writing = this.#write(percent).catch((cause: unknown) =>
      this.#parts.log.warn("write the progress of an image", { image: this.#imageId, err: cause }),
    );
  }

  /** Resolves when what was reported is written. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(percent: number): Promise<void> {
    const { db, clock } = this.#parts;
    const phase = this.#step === "transfer" ? ImageStatus_Phase.DOWNLOADING : ImageStatus_Phase.CONVERTING;
    await db.transact((tx) => {
      const image = tx.find(images, this.#imageId);
      if (image?.status?.phase === phase) {
        updateImageStatus(tx, clock, image.id, (status: ImageStatus) => {
          status.progressPercent = percent;
        });
      }
      const task = this.#taskId ? tx.find(tasks, this.#taskId) : undefined;
      if (!task || task.finishedAt) return;
      tx.update(tasks, task.id, (copy) =>
        progressTask(copy, clock.now(), { step: this.#step, stepPercent: percent, percent }),
      );
    });
  }
}
