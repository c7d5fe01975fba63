import { problem, Reason } from "@limiquantix/api";
import { type Clock, sleep } from "@limiquantix/kit";

/** What is left beyond this is for guests that write: a pool that is full stops all of them. */
const KEPT_FROM_PERCENT = 97;
const LOOK_EVERY_MS = 2000;

interface WatchedRoom {
  pool: string;
  clock: Clock;
  signal: AbortSignal;
  usedPercent: () => Promise<number>;
}

/** Calls work off that fills the pool, before guests have no room any more. POOL_FULL, also for work that cannot begin. */
export async function whileRoom<T>(room: WatchedRoom, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { pool, clock, signal, usedPercent } = room;
  const ended = new AbortController();
  const full = new AbortController();
  const look = async () => {
    const used = await usedPercent();
    if (used < KEPT_FROM_PERCENT) return;
    const available = `${Math.max(0, 100 - used).toFixed(1)} %, which is kept for guests that run`;
    full.abort(problem(Reason.POOL_FULL, { pool, needed: "more", available }));
  };
  await look();
  full.signal.throwIfAborted();
  const watch = async () => {
    while (!full.signal.aborted) {
      await sleep(clock, LOOK_EVERY_MS, { signal: ended.signal, background: true });
      // One that cannot be asked now is asked again; the copy finds out by itself when its storage is gone.
      await look().catch(() => {});
    }
  };
  // It rejects when the work has ended, and then nobody needs it.
  watch().catch(() => {});
  try {
    return await work(AbortSignal.any([signal, full.signal]));
  } catch (error) {
    full.signal.throwIfAborted();
    throw error;
  } finally {
    ended.abort();
  }
}
