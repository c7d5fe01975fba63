import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Factor_Kind, FactorSchema, invalid, problem, Reason, type Factor } from "@limiquantix/api";
import { FactorRowSchema, type FactorRow, type PendingLoginRow } from "@limiquantix/api/rows";
import { newId, type Clock } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import {
  askToRegister,
  askToSign,
  claimOf,
  readRegistration,
  readSignature,
  type PasskeyQuestion,
} from "./passkeys.ts";
import { newRecoveryCodes } from "./recovery-codes.ts";
import type { Sealer } from "./sealer.ts";
import type { Site } from "./site.ts";
import { factors, users } from "./tables.ts";
import { newTotpSecret, totpEnrolment, totpStep } from "./totp.ts";

const mostPerUser = 20;
/** What nobody confirmed until then is given up. */
const unconfirmedMs = 3_600_000;

/** A passkey's good signature, to be noted in the transaction that opens the session. */
export interface Signature {
  factorId: string;
  userId: string;
  counter: number;
}

/**
 * Second factors: unconfirmed → confirmed → gone. One counts from the moment that a code or a signature of it was seen.
 */
export class Factors {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #sealer: Sealer;

  constructor(parts: { db: Database; clock: Clock; sealer: Sealer }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
    this.#sealer = parts.sealer;
  }

  /** What counts, in the order of its making. */
  confirmed(userId: string): FactorRow[] {
    return this.#db.by(factors, "user", userId).filter(({ confirmed }) => confirmed);
  }

  list(userId: string): Factor[] {
    return this.confirmed(userId).flatMap(({ factor }) => (factor ? [clone(FactorSchema, factor)] : []));
  }

  async startTotp(
    user: { id: string; name: string },
    name: string,
  ): Promise<{ id: string; secret: string; uri: string }> {
    const secret = newTotpSecret();
    const id = newId();
    const sealedSecret = this.#sealer.seal(secret, `factor/${id}`);
    const row = this.#newRow(id, user.id, Factor_Kind.TOTP, name || "authenticator app");
    await this.#insert(create(FactorRowSchema, { ...row, sealedSecret }));
    return { id, ...totpEnrolment(secret, user.name) };
  }

  async startPasskey(
    user: { id: string; name: string; fullName: string },
    name: string,
    site: Site,
  ): Promise<{ id: string; optionsJson: string }> {
    const { optionsJson, challenge } = await askToRegister(site, user, this.#passkeys(user.id));
    const id = newId();
    const row = this.#newRow(id, user.id, Factor_Kind.PASSKEY, name || "passkey");
    await this.#insert(create(FactorRowSchema, { ...row, challenge }));
    return { id, optionsJson };
  }

  /** Throws NOT_FOUND, INVALID_REQUEST for a wrong code. */
  confirmTotp(userId: string, factorId: string, code: string): Promise<{ factor: Factor; recoveryCodes: string[] }> {
    const wrong = () => invalid([{ field: "code", message: "is not the one that the app shows now" }]);
    return this.#db.transact((tx) => {
      const row = this.#unconfirmed(tx, userId, factorId, Factor_Kind.TOTP);
      const step = totpStep(this.#secretOf(row), code, this.#clock.now());
      if (step === undefined) throw wrong();
      return this.#confirm(tx, factorId, (copy) => void (copy.lastStep = BigInt(step)));
    });
  }

  /** Throws NOT_FOUND, INVALID_REQUEST for an answer that is not good. */
  async confirmPasskey(
    userId: string,
    factorId: string,
    answer: { json: string; site: Site },
  ): Promise<{ factor: Factor; recoveryCodes: string[] }> {
    const wrong = (why: string) => invalid([{ field: "responseJson", message: why }]);
    const { challenge } = this.#unconfirmed(this.#db, userId, factorId, Factor_Kind.PASSKEY);
    const passkey = await readRegistration(answer.json, answer.site, challenge);
    if (!passkey) throw wrong("is no passkey for this site and this question");
    return this.#db.transact((tx) => {
      this.#unconfirmed(tx, userId, factorId, Factor_Kind.PASSKEY);
      // WebAuthn Level 3, 7.1, step 26: else somebody could claim another's passkey as theirs.
      if (tx.by(factors, "credential", passkey.credentialId).length > 0) throw wrong("is registered already");
      return this.#confirm(tx, factorId, (copy) => void Object.assign(copy, passkey, { challenge: "" }));
    });
  }

  /** Throws NOT_FOUND. Recovery codes go with the last factor. */
  remove(tx: Transaction, userId: string, factorId: string): void {
    const row = tx.find(factors, factorId);
    if (row?.userId !== userId || !row.confirmed) throw problem(Reason.NOT_FOUND, { kind: "factor", id: factorId });
    tx.delete(factors, factorId);
    if (tx.by(factors, "user", userId).some(({ confirmed }) => confirmed)) return;
    this.removeAll(tx, userId);
  }

  /** With the recovery codes. */
  removeAll(tx: Transaction, userId: string): void {
    for (const { id } of tx.by(factors, "user", userId)) tx.delete(factors, id);
    tx.update(users, userId, (copy) => {
      copy.recoveryCodeHashes = [];
      if (copy.user) copy.user.secondFactor = false;
    });
  }

  /** What a login's second step may be; undefined: the user has no second factor. */
  async question(
    userId: string,
    site: Site,
  ): Promise<{ totp: boolean; recoveryCode: boolean; passkey: PasskeyQuestion | undefined } | undefined> {
    const rows = this.confirmed(userId);
    if (rows.length === 0) return undefined;
    const passkeys = this.#passkeys(userId);
    return {
      totp: rows.some(({ factor }) => factor?.kind === Factor_Kind.TOTP),
      recoveryCode: (this.#db.find(users, userId)?.recoveryCodeHashes.length ?? 0) > 0,
      passkey: passkeys.length > 0 ? await askToSign(site, passkeys) : undefined,
    };
  }

  /** Whether a code is good; it is not a second time. */
  useTotp(tx: Transaction, userId: string, code: string): boolean {
    for (const row of tx.by(factors, "user", userId)) {
      if (!row.confirmed || row.factor?.kind !== Factor_Kind.TOTP) continue;
      const step = totpStep(this.#secretOf(row), code, this.#clock.now());
      if (step === undefined || BigInt(step) <= row.lastStep) continue;
      tx.update(factors, row.id, (copy) => {
        copy.lastStep = BigInt(step);
        if (copy.factor) copy.factor.lastUsedAt = timestampFromMs(this.#clock.now());
      });
      return true;
    }
    return false;
  }

  /** The passkey's signature for a pending login, if it is good. Without a user in it the passkey tells who it is. */
  async checkPasskey(pending: PendingLoginRow, json: string, site: Site): Promise<Signature | undefined> {
    const claim = claimOf(json);
    if (!claim || !pending.challenge) return undefined;
    const [row] = this.#db.by(factors, "credential", claim.credentialId);
    const userId = pending.userId || claim.userId;
    if (!row?.confirmed || row.userId !== userId) return undefined;
    // As the only proof it must be of the person as well: a PIN or a finger on the authenticator.
    const expected = { site, challenge: pending.challenge, userVerified: pending.userId === "" };
    const counter = await readSignature(json, row, expected);
    return counter === undefined ? undefined : { factorId: row.id, userId, counter };
  }

  /** Notes a signature; false: another one came between, and this one's counter did not grow. */
  useSignature(tx: Transaction, { factorId, counter }: Signature): boolean {
    const row = tx.find(factors, factorId);
    if (!row || ((counter > 0 || row.counter > 0) && counter <= row.counter)) return false;
    tx.update(factors, factorId, (copy) => {
      copy.counter = counter;
      if (copy.factor) copy.factor.lastUsedAt = timestampFromMs(this.#clock.now());
    });
    return true;
  }

  /** Deletes what was begun and not confirmed. */
  async sweep(): Promise<void> {
    const late = [...this.#db.all(factors)].filter((row) => this.#givenUp(row));
    if (late.length === 0) return;
    await this.#db.transact((tx) => {
      for (const { id } of late) if (tx.find(factors, id)?.confirmed === false) tx.delete(factors, id);
    });
  }

  #passkeys(userId: string): FactorRow[] {
    return this.confirmed(userId).filter(({ factor }) => factor?.kind === Factor_Kind.PASSKEY);
  }

  #newRow(id: string, userId: string, kind: Factor_Kind, name: string) {
    const factor = create(FactorSchema, { id, kind, name, createdAt: timestampFromMs(this.#clock.now()) });
    return { id, userId, factor };
  }

  #insert(row: FactorRow): Promise<void> {
    return this.#db.transact((tx) => {
      const known = tx.by(factors, "user", row.userId);
      if (known.filter(({ confirmed }) => confirmed).length >= mostPerUser) {
        throw invalid([{ field: "", message: `there are ${mostPerUser} second factors already: remove one first` }]);
      }
      // One is set up at a time: what was begun before is given up.
      for (const { id, confirmed } of known) if (!confirmed) tx.delete(factors, id);
      tx.insert(factors, row);
    });
  }

  #unconfirmed(tx: Pick<Transaction, "find">, userId: string, factorId: string, kind: Factor_Kind): FactorRow {
    const row = tx.find(factors, factorId);
    if (row?.userId === userId && !row.confirmed && row.factor?.kind === kind && !this.#givenUp(row)) return row;
    throw problem(Reason.NOT_FOUND, { kind: "factor", id: factorId });
  }

  #confirm(
    tx: Transaction,
    factorId: string,
    change: (copy: FactorRow) => void,
  ): { factor: Factor; recoveryCodes: string[] } {
    const { userId, factor } = tx.update(factors, factorId, (copy) => {
      change(copy);
      copy.confirmed = true;
    });
    const first = !tx.get(users, userId).user?.secondFactor;
    const { codes, hashes } = newRecoveryCodes();
    if (first) {
      tx.update(users, userId, (copy) => {
        copy.recoveryCodeHashes = hashes;
        if (copy.user) copy.user.secondFactor = true;
      });
    }
    return { factor: clone(FactorSchema, factor ?? create(FactorSchema)), recoveryCodes: first ? codes : [] };
  }

  #secretOf(row: FactorRow): Uint8Array {
    return this.#sealer.open(row.sealedSecret, `factor/${row.id}`);
  }

  #givenUp({ confirmed, factor }: FactorRow): boolean {
    const createdAt = factor?.createdAt ? timestampMs(factor.createdAt) : 0;
    return !confirmed && this.#clock.now() - createdAt >= unconfirmedMs;
  }
}
