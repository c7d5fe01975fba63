import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { bindJoinToken, problem, Reason } from "@limiquantix/api";
import { JoinTokenRowSchema } from "@limiquantix/api/rows";
import { newId, type Clock } from "@limiquantix/kit";
import { hashSecret, newSecret } from "../identity/secrets.ts";
import { joinTokens } from "../identity/tables.ts";
import type { Database, Transaction } from "../store/database.ts";
import { deleteWhere } from "../store/delete-where.ts";
import type { JoinToken } from "./node-trust.ts";

/** Secrets that are each good for one host's registration, and name the authority that the host is to trust. */
export class JoinTokens {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(parts: { db: Database; clock: Clock }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
  }

  /** The hash is of the whole text: a token whose fingerprint somebody exchanged is none. */
  make(tx: Transaction, request: { expiresInMs: number; createdBy: string; caFingerprint: string }): JoinToken {
    const token = bindJoinToken(newSecret("lqxjoin_"), request.caFingerprint);
    const expiresAt = this.#clock.now() + request.expiresInMs;
    tx.insert(
      joinTokens,
      create(JoinTokenRowSchema, {
        id: newId(),
        secretHash: hashSecret(token),
        expiresAt: timestampFromMs(expiresAt),
        createdBy: request.createdBy,
      }),
    );
    return { token, expiresAt };
  }

  /** Uses the token up. Throws JOIN_TOKEN_INVALID. */
  use(tx: Transaction, token: string): void {
    const [found] = tx.by(joinTokens, "secret", hashSecret(token));
    // Read by id: of two hosts that use a token at once, the second one's transaction runs again and finds nothing.
    const row = found && tx.find(joinTokens, found.id);
    if (!row?.expiresAt || timestampMs(row.expiresAt) <= this.#clock.now()) throw problem(Reason.JOIN_TOKEN_INVALID);
    tx.delete(joinTokens, row.id);
  }

  /** Deletes those that nobody used in time. */
  async sweep(): Promise<void> {
    const now = this.#clock.now();
    await deleteWhere(this.#db, joinTokens, (row) => !row.expiresAt || timestampMs(row.expiresAt) <= now);
  }
}
