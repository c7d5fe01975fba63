import type { Problem, VirtualMachine } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { tasks } from "../tables.ts";
import { isOpen, openTasksOf, progressTask, type TaskProgress } from "../tasks/task.ts";

/** Progress below this many percent is not worth a write. */
const worthPercent = 10;

/** Writes how far the work on a VM is into the tasks that wait for it: each step, and percents in strides. */
export class TaskReporter {
  readonly #parts: { db: Database; clock: Clock };
  readonly #vm: VirtualMachine;
  #told = { step: "", percent: -worthPercent };

  constructor(parts: { db: Database; clock: Clock }, vm: VirtualMachine) {
    this.#parts = parts;
    this.#vm = vm;
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
    const concerned = openTasksOf(db, this.#vm.id).filter((task) => task.targetGeneration <= this.#vm.generation);
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
