import { backoffMs, type BackoffOptions } from "./backoff.ts";
import type { Clock } from "./clock.ts";

/**
 * The engine of a reconciler: keys are added when something about them changed, each key is worked on by at most one
 * worker at a time, additions during the work coalesce into one more round, and a failure is retried with backoff.
 *
 *     idle ──add──▶ queued ──worker free──▶ running ──ok──▶ idle
 *                     ▲                      │  └─added meanwhile──▶ queued
 *                     └──backoff over── waiting ◀──threw / asked for a later look
 */
export class WorkQueue {
  readonly #work: (key: string, signal: AbortSignal) => Promise<WorkResult>;
  readonly #options: WorkQueueOptions;
  readonly #queued = new Set<string>();
  readonly #running = new Set<string>();
  readonly #again = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, Disposable>();
  readonly #stop = new AbortController();
  #idleWaiters: (() => void)[] = [];

  constructor(work: (key: string, signal: AbortSignal) => Promise<WorkResult>, options: WorkQueueOptions) {
    this.#work = work;
    this.#options = options;
  }

  /** True while a key is queued or worked on; keys that wait for a timer do not count. */
  get busy(): boolean {
    return this.#queued.size > 0 || this.#running.size > 0;
  }

  /** Says that `key` needs a look; an earlier failure's backoff is cut short. */
  add(key: string): void {
    if (this.#stop.signal.aborted) return;
    this.#clearTimer(key);
    if (this.#running.has(key)) this.#again.add(key);
    else {
      this.#queued.add(key);
      this.#pump();
    }
  }

  /** Looks at `key` after `ms`, unless something adds it earlier. */
  addAfter(key: string, ms: number, options: { background?: boolean } = {}): void {
    if (this.#stop.signal.aborted) return;
    this.#clearTimer(key);
    this.#timers.set(
      key,
      this.#options.clock.after(
        ms,
        () => {
          this.#timers.delete(key);
          this.add(key);
        },
        options,
      ),
    );
  }

  /** Takes no more work, aborts the signal of what runs, and waits for it. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("the work queue was stopped"));
    for (const key of this.#timers.keys()) this.#clearTimer(key);
    this.#queued.clear();
    this.#again.clear();
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  #pump(): void {
    const limit = this.#options.concurrency ?? 16;
    for (const key of this.#queued) {
      if (this.#running.size >= limit) return;
      this.#queued.delete(key);
      this.#running.add(key);
      void this.#runOne(key);
    }
  }

  async #runOne(key: string): Promise<void> {
    let result: WorkResult;
    try {
      result = await this.#work(key, this.#stop.signal);
      this.#failures.delete(key);
    } catch (cause) {
      const failures = (this.#failures.get(key) ?? 0) + 1;
      this.#failures.set(key, failures);
      result = { againInMs: backoffMs(failures, this.#options.backoff) };
      if (!this.#stop.signal.aborted) this.#options.onFailure(key, cause, failures);
    }
    this.#running.delete(key);
    if (this.#again.delete(key)) this.add(key);
    else if (result?.againInMs !== undefined)
      this.addAfter(key, result.againInMs, { background: result.background ?? false });
    this.#pump();
    if (this.#running.size === 0) {
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
    }
  }

  #clearTimer(key: string): void {
    this.#timers.get(key)?.[Symbol.dispose]();
    this.#timers.delete(key);
  }
}

/** What a round of work answers: nothing when done, or when to look again. */
export type WorkResult = void | { againInMs: number; background?: boolean };

export interface WorkQueueOptions {
  clock: Clock;
  backoff: BackoffOptions;
  /** Keys worked on side by side; 16 unless told. */
  concurrency?: number;
  onFailure: (key: string, cause: unknown, failures: number) => void;
}
