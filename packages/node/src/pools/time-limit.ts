import type { Clock } from "@limiquantix/kit";

/** What `work` answers, or the error of `late` after `limitMs`; the work itself is left to end as it may. */
export function within<T>(work: Promise<T>, limit: { clock: Clock; limitMs: number; late: () => Error }): Promise<T> {
  const { clock, limitMs, late } = limit;
  return new Promise((resolve, reject) => {
    const timer = clock.after(limitMs, () => reject(late()), { background: true });
    work.then(resolve, reject).finally(() => timer[Symbol.dispose]());
  });
}
