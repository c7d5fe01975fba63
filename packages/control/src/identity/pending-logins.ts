import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason } from "@limiquantix/api";
import { PendingLoginRowSchema, type PendingLoginRow } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import { deleteWhere } from "../store/delete-where.ts";
import { hashSecret, randomText } from "./secrets.ts";
import { pendingLogins } from "./tables.ts";

const lifeMs = 300_000;
const mostTries = 5;
/** Anybody may begin one without a proof: a flood must not fill the store. */
const mostRows = 10_000;

type NewPendingLogin = Partial<
  Pick<PendingLoginRow, "userId" | "challenge" | "providerId" | "returnTo" | "oidcStateHash" | "sealedOidc">
>;

/**
 * Logins that wait for their second step: opened → tried up to five times → taken once, or expired after five minutes.
 * Who finishes one has its id, 256 random bits of which a hash is stored.
 */
export class PendingLogins {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(parts: { db: Database; clock: Clock }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
  }

  /** Throws RATE_LIMITED when too many wait. */
  async open(wanted: (id: string, loginId: string) => NewPendingLogin): Promise<{ loginId: string }> {
    if (this.#db.count(pendingLogins) >= mostRows) await this.sweep();
    if (this.#db.count(pendingLogins) >= mostRows) {
      throw problem(Reason.RATE_LIMITED, { why: "too many logins wait for their second step", seconds: "60" });
    }
    const loginId = randomText(32);
    const id = hashSecret(loginId);
    const expiresAt = timestampFromMs(this.#clock.now() + lifeMs);
    const row = create(PendingLoginRowSchema, { ...wanted(id, loginId), id, expiresAt });
    await this.#db.transact((tx) => tx.insert(pendingLogins, row));
    return { loginId };
  }

  /** Counts a try before its outcome is known. Throws LOGIN_EXPIRED. */
  async try(loginId: string): Promise<PendingLoginRow> {
    const id = hashSecret(loginId);
    const row = await this.#db.transact((tx) => {
      const found = tx.find(pendingLogins, id);
      if (!found || this.#expired(found) || found.tries >= mostTries) return undefined;
      return tx.update(pendingLogins, id, (copy) => void copy.tries++);
    });
    if (!row) throw problem(Reason.LOGIN_EXPIRED, { why: "it is unknown, done, too old, or was tried too often" });
    return row;
  }

  /** In the transaction that opens the session: each is good for one. Throws LOGIN_EXPIRED. */
  take(tx: Transaction, id: string): void {
    if (!tx.find(pendingLogins, id)) throw problem(Reason.LOGIN_EXPIRED, { why: "it is done already" });
    tx.delete(pendingLogins, id);
  }

  /** The one that waits for the OIDC provider's answer with this state; answered once. */
  takeState(state: string): Promise<PendingLoginRow | undefined> {
    const hash = hashSecret(state);
    return this.#db.transact((tx) => {
      const found = tx.by(pendingLogins, "state", hash)[0];
      const row = found && tx.find(pendingLogins, found.id);
      if (!row || this.#expired(row) || row.oidcStateHash !== hash) return undefined;
      return tx.update(pendingLogins, row.id, (copy) => void (copy.oidcStateHash = ""));
    });
  }

  /** The provider vouched for the user: the code is what the client trades. Throws LOGIN_EXPIRED. */
  async vouch(loginId: string, userId: string): Promise<{ code: string }> {
    const code = randomText(32);
    const id = hashSecret(loginId);
    await this.#db.transact((tx) => {
      const row = tx.find(pendingLogins, id);
      if (!row || this.#expired(row)) throw problem(Reason.LOGIN_EXPIRED, { why: "it took too long" });
      tx.update(pendingLogins, id, (copy) => void Object.assign(copy, { userId, codeHash: hashSecret(code) }));
    });
    return { code };
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    await deleteWhere(this.#db, pendingLogins, (row) => this.#expired(row));
  }

  #expired({ expiresAt }: PendingLoginRow): boolean {
    return !expiresAt || timestampMs(expiresAt) <= this.#clock.now();
  }
}
