import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, Token_Kind, TokenSchema, type Token } from "@limiquantix/api";
import { TokenRowSchema, type TokenRow } from "@limiquantix/api/rows";
import { newId, type Clock, type Log } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import { hashSecret, newSecret } from "./secrets.ts";
import { tokens } from "./tables.ts";

export const sessionMs = 12 * 3600 * 1000;
/** How often use is written down: a write for each call would make every read a write. */
const noteUseEveryMs = 300_000;

/** Sessions of people and API tokens of programs; only hashes of the secrets are kept. */
export class Tokens {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #log: Log;

  constructor(parts: { db: Database; clock: Clock; log: Log }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** A session ends after 12 hours without a call. */
  async openSession(userId: string): Promise<{ secret: string; token: Token }> {
    const secret = newSecret("lqx_");
    const token = await this.#db.transact((tx) =>
      this.insert(tx, { userId, secret, kind: Token_Kind.SESSION, name: "session", lifeMs: sessionMs }),
    );
    return { secret, token };
  }

  insert(
    tx: Transaction,
    wanted: { userId: string; secret: string; kind: Token_Kind; name: string; lifeMs: number },
  ): Token {
    const now = this.#clock.now();
    const id = newId();
    const token = create(TokenSchema, {
      id,
      name: wanted.name,
      userId: wanted.userId,
      kind: wanted.kind,
      createdAt: timestampFromMs(now),
      expiresAt: timestampFromMs(now + wanted.lifeMs),
      lastUsedAt: timestampFromMs(now),
    });
    tx.insert(tokens, create(TokenRowSchema, { id, token, secretHash: hashSecret(wanted.secret) }));
    return token;
  }

  /** The token behind a secret. Throws UNAUTHENTICATED. Notes its use and prolongs a session, in the background. */
  use(secret: string): Token {
    const row = this.#db.by(tokens, "secret", hashSecret(secret))[0];
    if (!row?.token) throw problem(Reason.UNAUTHENTICATED, { why: "it is unknown, or was revoked" });
    if (this.#expired(row)) throw problem(Reason.UNAUTHENTICATED, { why: "it has expired" });
    const lastUsed = row.token.lastUsedAt ? timestampMs(row.token.lastUsedAt) : 0;
    if (this.#clock.now() - lastUsed >= noteUseEveryMs) this.#noteUse(row.id);
    return row.token;
  }

  /** A user's tokens that are in force. */
  list(userId: string): Token[] {
    return this.#db.by(tokens, "user", userId).flatMap((row) => {
      if (!row.token || this.#expired(row)) return [];
      const token = clone(TokenSchema, row.token);
      token.revision = row.revision;
      return [token];
    });
  }

  /** Ends one token of a user. Throws NOT_FOUND, for another user's token too. */
  revoke(tx: Transaction, userId: string, id: string): void {
    if (tx.find(tokens, id)?.token?.userId !== userId) throw problem(Reason.NOT_FOUND, { kind: "token", id });
    tx.delete(tokens, id);
  }

  /** Ends the sessions of a user, but for the one that says so. */
  async endSessions(userId: string, exceptId: string): Promise<void> {
    await this.#db.transact((tx) => {
      for (const row of tx.by(tokens, "user", userId)) {
        if (row.token?.kind === Token_Kind.SESSION && row.id !== exceptId) tx.delete(tokens, row.id);
      }
    });
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    const expired = [...this.#db.all(tokens)].filter((row) => this.#expired(row));
    if (expired.length === 0) return;
    await this.#db.transact((tx) => {
      for (const { id } of expired) if (tx.find(tokens, id)) tx.delete(tokens, id);
    });
  }

  #expired(row: TokenRow): boolean {
    return !row.token?.expiresAt || timestampMs(row.token.expiresAt) <= this.#clock.now();
  }

  #noteUse(id: string): void {
    const now = this.#clock.now();
    const noted = this.#db.transact((tx) => {
      if (!tx.find(tokens, id)) return;
      tx.update(tokens, id, ({ token }) => {
        if (!token) return;
        token.lastUsedAt = timestampFromMs(now);
        if (token.kind === Token_Kind.SESSION) token.expiresAt = timestampFromMs(now + sessionMs);
      });
    });
    noted.catch((cause: unknown) => this.#log.warn("note the use of a token", { token: id, err: cause }));
  }
}
