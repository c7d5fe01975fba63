import { problem, Reason } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";

const freeAttempts = 5;
const longestWaitMs = 300_000;
const forgetAfterMs = 3_600_000;
const mostEntries = 10_000;

/**
 * Slows the guessing of passwords: behind five failures of one user from one address, each further one doubles the
 * wait, up to five minutes. Kept in memory: a restart forgets it, and so does an hour without failures. By user AND
 * address, so that nobody can lock another one out.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { count: number; lastAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws RATE_LIMITED while the wait lasts. */
  check(user: string, address: string): void {
    const failed = this.#failures.get(key(user, address));
    if (!failed || failed.count < freeAttempts) return;
    const waitMs = Math.min(longestWaitMs, 1000 * 2 ** (failed.count - freeAttempts));
    const leftMs = failed.lastAt + waitMs - this.#clock.now();
    if (leftMs <= 0) return;
    throw problem(Reason.RATE_LIMITED, {
      why: "several logins in a row failed",
      seconds: String(Math.ceil(leftMs / 1000)),
    });
  }

  failed(user: string, address: string): void {
    const now = this.#clock.now();
    const known = this.#failures.get(key(user, address));
    const count = known && now - known.lastAt < forgetAfterMs ? known.count + 1 : 1;
    // Deleted first, so that the map's order is that of the last failures and the oldest go first.
    this.#failures.delete(key(user, address));
    this.#failures.set(key(user, address), { count, lastAt: now });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= mostEntries) break;
      this.#failures.delete(oldest);
    }
  }

  succeeded(user: string, address: string): void {
    this.#failures.delete(key(user, address));
  }
}

function key(user: string, address: string): string {
  return JSON.stringify([user, address]);
}
