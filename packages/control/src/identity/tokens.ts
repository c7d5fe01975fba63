import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, Token_Kind, TokenSchema, type Token } from "@limiquantix/api";
import { TokenRowSchema, type TokenRow } from "@limiquantix/api/rows";
import { newId, type Clock, type Log } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import { deleteWhere } from "../store/delete-where.ts";
import { loginPolicyOf } from "./login-policy.ts";
import { hashSecret } from "./secrets.ts";
import { tokens } from "./tables.ts";

/** How often use is written down at most: a write for each call would make every read a write. */
const noteUseEveryMs = 300_000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const longestClient = 128;

type TokenInForce = TokenRow & { token: Token };

export interface NewToken {
  secret: string;
  token: MessageInitShape<typeof TokenSchema> & { userId: string; kind: Token_Kind };
  lifeMs: number;
  /** Sessions: behind which they end, however busy. */
  endsAt?: number;
  certificateFingerprint?: string;
  vouched?: boolean;
}

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

  /** How long a session that is opened now lives without a call, and at most. */
  sessionLife(): { lifeMs: number; endsAt: number } {
    const { sessionIdleMinutes, sessionMaxHours } = loginPolicyOf(this.#db);
    const longestMs = sessionMaxHours * hourMs;
    return { lifeMs: Math.min(sessionIdleMinutes * minuteMs, longestMs), endsAt: this.#clock.now() + longestMs };
  }

  insert(tx: Transaction, wanted: NewToken): Token {
    const now = this.#clock.now();
    const id = wanted.token.id ?? newId();
    const token = create(TokenSchema, {
      ...wanted.token,
      id,
      client: wanted.token.client?.slice(0, longestClient) ?? "",
      createdAt: timestampFromMs(now),
      expiresAt: timestampFromMs(now + wanted.lifeMs),
      lastUsedAt: timestampFromMs(now),
    });
    const row = create(TokenRowSchema, {
      id,
      token,
      secretHash: hashSecret(wanted.secret),
      certificateFingerprint: wanted.certificateFingerprint ?? "",
      vouched: wanted.vouched ?? false,
    });
    if (wanted.endsAt !== undefined) row.endsAt = timestampFromMs(wanted.endsAt);
    tx.insert(tokens, row);
    return clone(TokenSchema, token);
  }

  /** The token behind a secret. Throws UNAUTHENTICATED. Notes its use and prolongs a session, in the background. */
  use(secret: string, address: string): TokenInForce {
    const row = this.inForce(this.#db.by(tokens, "secret", hashSecret(secret))[0]);
    const lastUsed = row.token.lastUsedAt ? timestampMs(row.token.lastUsedAt) : 0;
    const { sessionIdleMinutes } = loginPolicyOf(this.#db);
    const everyMs = Math.min(noteUseEveryMs, (sessionIdleMinutes * minuteMs) / 2);
    if (this.#clock.now() - lastUsed >= everyMs) this.#noteUse(row.id, address);
    return row;
  }

  find(id: string): TokenRow | undefined {
    return this.#db.find(tokens, id);
  }

  /** Throws UNAUTHENTICATED. */
  inForce(row: TokenRow | undefined): TokenInForce {
    if (!row?.token) throw problem(Reason.UNAUTHENTICATED, { why: "it is unknown, or was revoked" });
    if (this.#expired(row)) throw problem(Reason.UNAUTHENTICATED, { why: "it has expired" });
    return row as TokenInForce;
  }

  /** A user's tokens that are in force. */
  list(userId: string, currentId: string): Token[] {
    return this.#db.by(tokens, "user", userId).flatMap((row) => {
      if (!row.token || this.#expired(row)) return [];
      const token = clone(TokenSchema, row.token);
      token.revision = row.revision;
      token.current = row.id === currentId;
      return [token];
    });
  }

  /** Ends a user's sessions, but for the one that says so. */
  endSessions(tx: Transaction, userId: string, exceptId = ""): void {
    for (const row of tx.by(tokens, "user", userId)) {
      if (row.token?.kind === Token_Kind.SESSION && row.id !== exceptId) tx.delete(tokens, row.id);
    }
  }

  /** Deletes what has expired. */
  async sweep(): Promise<void> {
    await deleteWhere(this.#db, tokens, (row) => this.#expired(row));
  }

  #expired(row: TokenRow): boolean {
    const now = this.#clock.now();
    if (row.endsAt && timestampMs(row.endsAt) <= now) return true;
    return !row.token?.expiresAt || timestampMs(row.token.expiresAt) <= now;
  }

  #noteUse(id: string, address: string): void {
    const now = this.#clock.now();
    const idleMs = loginPolicyOf(this.#db).sessionIdleMinutes * minuteMs;
    const noted = this.#db.transact((tx) => {
      if (!tx.find(tokens, id)) return;
      tx.update(tokens, id, ({ token, endsAt }) => {
        if (!token) return;
        token.lastUsedAt = timestampFromMs(now);
        token.lastAddress = address;
        if (token.kind !== Token_Kind.SESSION) return;
        token.expiresAt = timestampFromMs(Math.min(now + idleMs, endsAt ? timestampMs(endsAt) : Infinity));
      });
    });
    noted.catch((cause: unknown) => this.#log.warn("note the use of a token", { token: id, err: cause }));
  }
}
