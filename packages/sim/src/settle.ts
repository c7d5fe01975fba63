import { drain, type FakeClock } from "@limiquantix/kit";

/** Turns of the event loop that work gets before time moves on. */
const TURNS = 12;
const RETRY_MS = 50;

/**
 * Lets everything run until nothing is busy and no timer is left that somebody waits for, moving the clock from timer
 * to timer. Throws when that takes more than `limitMs` of the clock's time.
 */
export async function settle(options: {
  clock: FakeClock;
  busy: () => boolean;
  limitMs: number;
  /** What is still busy, for the error. */
  describe?: () => string;
}): Promise<void> {
  const { clock, busy, limitMs, describe } = options;
  const end = clock.now() + limitMs;
  for (let quiet = 0, turns = 0; quiet < 3;) {
    await drain();
    const next = clock.untilNext();
    if (busy() && turns < TURNS) {
      turns++;
      quiet = 0;
    } else if (next !== undefined) {
      if (clock.now() + next > end) {
        throw new Error(`not settled after ${limitMs / 1000} s of the clock: ${describe?.() ?? ""}`);
      }
      await clock.advance(next);
      turns = 0;
      quiet = 0;
    } else if (busy()) {
      // Somebody waits for a timer that others do not wait for: a retry.
      if (clock.now() + RETRY_MS > end) {
        throw new Error(`busy after ${limitMs / 1000} s of the clock: ${describe?.() ?? ""}`);
      }
      await clock.advance(RETRY_MS);
      turns = 0;
      quiet = 0;
    } else quiet++;
  }
}
