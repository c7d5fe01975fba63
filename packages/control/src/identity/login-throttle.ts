import { problem, Reason, type LoginPolicy } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";

const forgetAfterMs = 3_600_000;
const mostEntries = 10_000;

/** Wrong proofs in a row, and when the last one was tried (milliseconds since the Unix epoch). */
export interface Failures {
  count: number;
  lastAt: number;
}

interface Who {
  name: string;
  address: string;
}

export interface LoginAttempt extends Who {
  /** The user logged in from this address before. */
  known: boolean;
}

/**
 * Slows the guessing of passwords and codes: behind the failures that the policy forgives, each further one doubles the
 * wait, up to the policy's longest. Two counts run beside each other:
 * - by user AND address, for everybody;
 * - by user alone, whatever the addresses, against guesses from many machines at once. From where the user logged in
 *   before it is not asked: else anybody could lock a person out for good by guessing wrong on purpose. A person at a
 *   new address meanwhile waits the policy's longest wait at most, and passkeys wait for nothing.
 * Who shares a person's address, behind one NAT or proxy, can make them wait there; a passkey still opens.
 * Unknown names are counted as known ones, so that a wait does not tell who exists. An hour without failures forgets.
 */
export class LoginThrottle {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts an attempt as failed before its outcome is known: guesses sent all at once are as many as those sent one by
   * one. Throws RATE_LIMITED, and counts nothing, while a wait lasts.
   */
  begin(attempt: LoginAttempt, policy: LoginPolicy): void {
    const keys = keysOf(attempt);
    for (const key of attempt.known ? [keys.here] : [keys.here, keys.anywhere]) {
      const leftMs = this.#waitUntil(key, policy) - this.#clock.now();
      if (leftMs <= 0) continue;
      const why = "several logins in a row failed";
      throw problem(Reason.RATE_LIMITED, { why, seconds: String(Math.ceil(leftMs / 1000)) });
    }
    for (const key of Object.values(keys)) this.#add(key, 1);
  }

  /** The attempt was no wrong one: another step follows, or nobody could check it. */
  forgive(attempt: Who): void {
    for (const key of Object.values(keysOf(attempt))) this.#add(key, -1);
  }

  succeeded(attempt: Who): void {
    for (const key of Object.values(keysOf(attempt))) this.#failures.delete(key);
  }

  /** A password of an administrator's making: who gets it need not wait. */
  forget(name: string): void {
    for (const key of this.#failures.keys()) if ((JSON.parse(key) as string[])[0] === name) this.#failures.delete(key);
  }

  /** All failures of a user, from wherever. */
  of(name: string): Failures | undefined {
    return this.#fresh(keysOf({ name, address: "" }).anywhere);
  }

  /** What was stored of a user before a restart. */
  remember(name: string, failures: Failures): void {
    const { anywhere } = keysOf({ name, address: "" });
    if (!this.#failures.has(anywhere)) this.#failures.set(anywhere, failures);
  }

  /** Until when nobody at a new address may try, in milliseconds since the Unix epoch; 0: one may. */
  lockedUntil(name: string, policy: LoginPolicy): number {
    const until = this.#waitUntil(keysOf({ name, address: "" }).anywhere, policy);
    return until > this.#clock.now() ? until : 0;
  }

  #waitUntil(key: string, policy: LoginPolicy): number {
    const failed = this.#fresh(key);
    if (!failed || failed.count < policy.lockoutAfter) return 0;
    const waitMs = Math.min(policy.lockoutMaxSeconds * 1000, 1000 * 2 ** (failed.count - policy.lockoutAfter));
    return failed.lastAt + waitMs;
  }

  #fresh(key: string): Failures | undefined {
    const known = this.#failures.get(key);
    return known && this.#clock.now() - known.lastAt < forgetAfterMs ? known : undefined;
  }

  #add(key: string, by: 1 | -1): void {
    const known = this.#fresh(key);
    const count = Math.max(0, (known?.count ?? 0) + by);
    const lastAt = by > 0 ? this.#clock.now() : (known?.lastAt ?? 0);
    // Deleted first, so that the map's order is that of the last failures and the oldest go first.
    this.#failures.delete(key);
    if (count > 0) this.#failures.set(key, { count, lastAt });
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= mostEntries) break;
      this.#failures.delete(oldest);
    }
  }
}

function keysOf({ name, address }: Who): { here: string; anywhere: string } {
  return { here: JSON.stringify([name, address]), anywhere: JSON.stringify([name]) };
}
