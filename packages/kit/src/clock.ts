/** Time as a port: core code never reads a clock of its own, so a test can own time. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Calls `fn` once after `ms` milliseconds; disposing the answer cancels it. `background` marks a timer that
   * nothing waits for (heartbeats, sweeps): a fake clock's `settle` does not run time forward for it.
   */
  after(ms: number, fn: () => void, options?: { background?: boolean }): Disposable;
}

/** Resolves after `ms`; rejects with the signal's reason when aborted. */
export function sleep(
  clock: Clock,
  ms: number,
  options: { signal?: AbortSignal | undefined; background?: boolean } = {},
): Promise<void> {
  const { signal, background = false } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    };
    const timer = clock.after(
      ms,
      () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      },
      { background },
    );
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** The machine's own clock. Background timers do not keep a Node process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn, options) {
    const timer: unknown = setTimeout(fn, ms);
    if (options?.background && typeof timer === "object" && timer && "unref" in timer) {
      (timer as { unref(): void }).unref();
    }
    return { [Symbol.dispose]: () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]) };
  },
};
