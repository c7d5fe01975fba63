import type { Problem } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { tasks } from "../tables.ts";
import { isOpen, openTasksOf, progressTask, type TaskProgress } from "./task.ts";

/** Progress below this many percent is not worth a write. */
const worthPercent = 10;

/** Writes how far the work on a VM or a volume is into the tasks that wait for it: each step, and percents in strides. */
export class TaskReporter {
  readonly #parts: { db: Database; clock: Clock };
  readonly #object: { id: string; generation: bigint; subjectId?: string };
  #told = { step: "", percent: -worthPercent };

  constructor(parts: { db: Database; clock: Clock }, object: { id: string; generation: bigint; subjectId?: string }) {
    this.#parts = parts;
    this.#object = object;
  }

  async step(progress: TaskProgress): Promise<void> {
    const percent = progress.percent ?? 0;
    if (progress.step === this.#told.step && percent < this.#told.percent + worthPercent) return;
    this.#told = { step: progress.step, percent };
    await this.#write(() => progress);
  }

  /** The host cannot be reached: the work waits for it. */
  waitsFor(hostname: string): Promise<void> {
    return this.#write((current) => ({
      step: current,
      message: `waits for host ${hostname}, which cannot be reached`,
    }));
  }

  /** It did not work, and will be tried again. */
  trouble(cause: Problem): Promise<void> {
    return this.#write((current) => ({ step: current, message: `will be tried again: ${cause.message}` }));
  }

  async #write(progressFrom: (currentStep: string) => TaskProgress): Promise<void> {
    const { db, clock } = this.#parts;
    const concerned = openTasksOf(db, this.#object.id, this.#object.subjectId).filter(
      (task) => task.targetGeneration <= this.#object.generation,
    );
    if (concerned.length === 0) return;
    await db.transact((tx) => {
      for (const { id } of concerned) {
        const task = tx.find(tasks, id);
        if (!task || !isOpen(task)) continue;
        const current = task.steps.find((step) => step.percent < 100)?.name ?? "host";
        const progress = progressFrom(current);
        const at = task.steps.find((step) => step.name === progress.step);
        if (at && at.message === progress.message && progress.percent === undefined) continue;
        tx.update(tasks, id, (copy) => progressTask(copy, clock.now(), progress));
      }
    });
  }
}
