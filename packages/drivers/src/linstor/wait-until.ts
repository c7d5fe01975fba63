import { type Clock, sleep } from "@limiquantix/kit";
import { LinstorError } from "./api-call-rc.ts";

const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 1000;

/** Looks again and again, ever more seldom: what LINSTOR said yes to its nodes may still be at. */
export async function waitUntil<T>(
  clock: Clock,
  { limitMs, tooSlow }: { limitMs: number; tooSlow: string },
  look: () => Promise<T | undefined>,
): Promise<T> {
  const endsAt = clock.now() + limitMs;
  for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(2 * pauseMs, LAST_LOOK_MS)) {
    const found = await look();
    if (found !== undefined) return found;
    if (clock.now() > endsAt) throw new LinstorError(200, [{ ret_code: -1n, message: tooSlow }]);
    await sleep(clock, pauseMs);
  }
}
