import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { UserRow } from "@limiquantix/api/rows";
import type { Clock, Log } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import { loginPolicyOf } from "./login-policy.ts";
import { LoginThrottle } from "./login-throttle.ts";
import { users } from "./tables.ts";

/** From so many addresses a person logs in as a rule: home, office, on the way. */
const keptAddresses = 8;

/** A guess that is being checked, and counts as wrong until `LoginAttempts.succeeded` says otherwise. */
export interface Attempt {
  /** It was wrong: the user's row says so too. */
  fail(): void;
  /** It was not wrong, and not the whole login either. */
  forgive(): void;
}

/** Counts wrong passwords and codes, in memory and on the user's row, where a restart finds them. */
export class LoginAttempts {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #throttle: LoginThrottle;

  constructor(parts: { db: Database; clock: Clock; log: Log }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#throttle = new LoginThrottle(parts.clock);
  }

  /** `row`: the user of that name, where there is one. Throws RATE_LIMITED. */
  begin(name: string, address: string, row: UserRow | undefined): Attempt {
    if (row && row.failedLogins > 0 && row.lastFailedAt) {
      this.#throttle.remember(name, { count: row.failedLogins, lastAt: timestampMs(row.lastFailedAt) });
    }
    const attempt = { name, address, known: row?.knownAddresses.includes(address) ?? false };
    this.#throttle.begin(attempt, loginPolicyOf(this.#db));
    return {
      fail: () => row && this.#store(row.id, name),
      forgive: () => this.#throttle.forgive(attempt),
    };
  }

  /** The user is in: what failed before is forgotten, and the address is known from now on. */
  succeeded(tx: Transaction, userId: string, address: string): void {
    tx.update(users, userId, (copy) => {
      this.#throttle.succeeded({ name: copy.user?.name ?? "", address });
      clearFailures(copy);
      copy.knownAddresses = [address, ...copy.knownAddresses.filter((known) => known !== address)];
      copy.knownAddresses.length = Math.min(copy.knownAddresses.length, keptAddresses);
    });
  }

  /** Until when the user's account waits, in milliseconds since the Unix epoch; 0: it does not. */
  lockedUntil(row: UserRow): number {
    const name = row.user?.name ?? "";
    if (row.failedLogins > 0 && row.lastFailedAt && !this.#throttle.of(name)) {
      this.#throttle.remember(name, { count: row.failedLogins, lastAt: timestampMs(row.lastFailedAt) });
    }
    return this.#throttle.lockedUntil(name, loginPolicyOf(this.#db));
  }

  /** Ends a lockout. */
  forget(row: UserRow): void {
    this.#throttle.forget(row.user?.name ?? "");
  }

  /** In the background: how long an answer takes must not tell whether there is such a user. */
  #store(userId: string, name: string): void {
    const stored = this.#db.transact((tx) => {
      const failures = this.#throttle.of(name);
      if (!failures || !tx.find(users, userId)) return;
      tx.update(users, userId, (copy) => {
        copy.failedLogins = failures.count;
        copy.lastFailedAt = timestampFromMs(Math.min(failures.lastAt, this.#clock.now()));
      });
    });
    stored.catch((cause: unknown) => this.#log.warn("note a failed login", { user: userId, err: cause }));
  }
}

export function clearFailures(row: UserRow): void {
  row.failedLogins = 0;
  delete row.lastFailedAt;
}
