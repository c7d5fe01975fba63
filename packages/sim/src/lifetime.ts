import type { Clock } from "@limiquantix/kit";

/**
 * The life of a process that can be killed as by kill -9: from that moment nothing of it runs on. Its timers do not fire, and
 * whatever it waited for through `step` is never answered, so no code of it, not even a `finally`, comes after.
 */
export class Lifetime {
  readonly #host: Clock;
  readonly #timers = new Set<Disposable>();
  readonly #killed = new AbortController();
  readonly clock: Clock;

  constructor(host: Clock) {
    this.#host = host;
    this.clock = {
      now: () => host.now(),
      after: (ms, fn, options) => this.#after(ms, fn, options),
    };
  }

  get alive(): boolean {
    return !this.#killed.signal.aborted;
  }

  /** Aborts when it is killed. */
  get killed(): AbortSignal {
    return this.#killed.signal;
  }

  kill(): void {
    if (!this.alive) return;
    for (const timer of this.#timers) timer[Symbol.dispose]();
    this.#timers.clear();
    this.#killed.abort(new Error("it was killed"));
  }

  /** What `work` answers, or nothing ever if the process is killed before. */
  step<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(
        (value) => this.alive && resolve(value),
        (cause: unknown) => this.alive && reject(cause),
      );
    });
  }

  #after(ms: number, fn: () => void, options?: { background?: boolean }): Disposable {
    if (!this.alive) return { [Symbol.dispose]: () => {} };
    const timer = this.#host.after(
      ms,
      () => {
        this.#timers.delete(timer);
        fn();
      },
      options,
    );
    this.#timers.add(timer);
    return {
      [Symbol.dispose]: () => {
        this.#timers.delete(timer);
        timer[Symbol.dispose]();
      },
    };
  }
}
