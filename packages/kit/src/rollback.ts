/**
 * Undoes the finished steps of a job that fails half-way, last one first:
 *
 *     await using undo = new Rollback(onUndoFailed);
 *     await makeVolume(); undo.add("volume", () => removeVolume());
 *     undo.commit();
 */
export class Rollback implements AsyncDisposable {
  readonly #steps: { what: string; undo: () => void | Promise<void> }[] = [];
  readonly #onFailure: (what: string, cause: unknown) => void;

  /** `onFailure` hears of an undo that failed itself; the others still run. */
  constructor(onFailure: (what: string, cause: unknown) => void) {
    this.#onFailure = onFailure;
  }

  add(what: string, undo: () => void | Promise<void>): void {
    this.#steps.push({ what, undo });
  }

  /** The job is done: nothing is undone any more. */
  commit(): void {
    this.#steps.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (cause) {
        this.#onFailure(step.what, cause);
      }
    }
  }
}
