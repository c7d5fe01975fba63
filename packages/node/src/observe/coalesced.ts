/**
 * Runs work by key, one at a time for each key. A call that comes while one of its key runs waits for the next run,
 * which it shares with all that wait: its result is never older than the call, and a burst costs two runs.
 */
export class Coalesced {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  get busy(): boolean {
    return this.#running.size > 0;
  }

  run(key: string, work: () => Promise<void>): Promise<void> {
    const waiting = this.#next.get(key);
    if (waiting) return waiting;
    const running = this.#running.get(key);
    if (!running) return this.#start(key, work);
    const next = running
      .catch(() => {})
      .then(() => {
        this.#next.delete(key);
        return this.#start(key, work);
      });
    this.#next.set(key, next);
    return next;
  }

  #start(key: string, work: () => Promise<void>): Promise<void> {
    const run = work().finally(() => {
      if (this.#running.get(key) === run) this.#running.delete(key);
    });
    this.#running.set(key, run);
    return run;
  }
}
