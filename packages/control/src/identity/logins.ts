import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  problem,
  Reason,
  SecondFactorSchema,
  Token_Kind,
  User_Kind,
  type FinishLoginRequest,
  type SecondFactor,
  type Token,
  type User,
} from "@limiquantix/api";
import type { UserRow } from "@limiquantix/api/rows";
import { newId, type Clock } from "@limiquantix/kit";
import type { Database, Transaction } from "../store/database.ts";
import type { Accounts } from "./accounts.ts";
import { adopt } from "./adoption.ts";
import type { Factors } from "./factors.ts";
import type { PendingLogins } from "./pending-logins.ts";
import { askToSign } from "./passkeys.ts";
import type { LoginProviders } from "./provider-port.ts";
import { useRecoveryCode } from "./recovery-codes.ts";
import { hashSecret, newSecret } from "./secrets.ts";
import type { SessionCertificates } from "./session-certificates.ts";
import type { Site } from "./site.ts";
import { users } from "./tables.ts";
import type { Tokens } from "./tokens.ts";

/** From where somebody logs in, and what for. */
export interface LoginFrom {
  address: string;
  /** What their program calls itself. */
  client: string;
  /** The token is to be bound to the certificate that is signed for it; empty: to none. */
  csrPem: string;
  site: Site;
}

export interface Session {
  kind: "session";
  secret: string;
  token: Token;
  /** Behind which it ends, in milliseconds since the Unix epoch. */
  endsAt: number;
  user: User;
  certificatePem: string;
}

export type LoginOutcome = Session | { kind: "question"; question: SecondFactor };

export interface LoginParts {
  db: Database;
  clock: Clock;
  accounts: Accounts;
  tokens: Tokens;
  factors: Factors;
  pending: PendingLogins;
  providers?: LoginProviders | undefined;
  certificates?: SessionCertificates | undefined;
}

/** A login: a password, here or at a provider, → perhaps a second factor → a session. Or a passkey, or OIDC, alone. */
export class Logins {
  readonly #parts: LoginParts;

  constructor(parts: LoginParts) {
    this.#parts = parts;
  }

  /** Throws LOGIN_FAILED, RATE_LIMITED, PROVIDER_FAILED. */
  async withPassword(
    login: { name: string; password: string; provider: string },
    from: LoginFrom,
  ): Promise<LoginOutcome> {
    const { accounts, factors, pending } = this.#parts;
    const named = accounts.byName(login.name);
    const attempt = accounts.attempts.begin(login.name, from.address, named);
    let row: UserRow | undefined;
    try {
      row = await this.#check(login, named);
    } catch (unable) {
      attempt.forgive();
      throw unable;
    }
    if (!row || row.user?.disabled) {
      attempt.fail();
      throw problem(Reason.LOGIN_FAILED);
    }
    const { id: userId } = row;
    const asked = await factors.question(userId, from.site);
    if (!asked) return this.#open(userId, from);
    // A guesser of codes who knows the password must not begin anew each time: only the whole login clears the count.
    attempt.forgive();
    const challenge = asked.passkey?.challenge ?? "";
    const { loginId } = await pending.open(() => ({ userId, challenge }));
    const question = create(SecondFactorSchema, {
      loginId,
      totp: asked.totp,
      recoveryCode: asked.recoveryCode,
      passkeyOptionsJson: asked.passkey?.optionsJson ?? "",
    });
    return { kind: "question", question };
  }

  /** Throws LOGIN_EXPIRED, LOGIN_FAILED, RATE_LIMITED. */
  async finish({ loginId, proof }: Pick<FinishLoginRequest, "loginId" | "proof">, from: LoginFrom): Promise<Session> {
    const { db, accounts, factors, pending } = this.#parts;
    const login = await pending.try(loginId);
    const take = (tx: Transaction) => pending.take(tx, login.id);
    if (login.sealedOidc.length > 0) {
      const good = proof.case === "oidcCode" && login.codeHash !== "" && login.codeHash === hashSecret(proof.value);
      if (!good) throw problem(Reason.LOGIN_FAILED);
      return this.#open(login.userId, from, { vouched: true, also: take });
    }
    if (proof.case === "passkeyJson") {
      const signature = await factors.checkPasskey(login, proof.value, from.site);
      // Whom a provider vouches for cannot go past it: it may have dropped them.
      const alone = login.userId === "" && signature && db.find(users, signature.userId)?.user?.providerId;
      if (!signature || alone) throw problem(Reason.LOGIN_FAILED);
      return this.#open(signature.userId, from, {
        also(tx) {
          take(tx);
          if (!factors.useSignature(tx, signature)) throw problem(Reason.LOGIN_FAILED);
        },
      });
    }
    const row = db.find(users, login.userId);
    if (!row) throw problem(Reason.LOGIN_FAILED);
    const attempt = accounts.attempts.begin(row.user?.name ?? "", from.address, row);
    const useCode = (tx: Transaction): boolean => {
      if (proof.case === "totpCode") return factors.useTotp(tx, row.id, proof.value);
      if (proof.case !== "recoveryCode") return false;
      let good = false;
      tx.update(users, row.id, (copy) => void (good = useRecoveryCode(copy, proof.value)));
      return good;
    };
    return this.#open(row.id, from, {
      also(tx) {
        take(tx);
        if (useCode(tx)) return;
        attempt.fail();
        throw problem(Reason.LOGIN_FAILED);
      },
    });
  }

  /** A login by a passkey that tells whose it is. Throws RATE_LIMITED. */
  async startPasskey(site: Site): Promise<{ loginId: string; optionsJson: string }> {
    const { optionsJson, challenge } = await askToSign(site, []);
    const { loginId } = await this.#parts.pending.open(() => ({ challenge }));
    return { loginId, optionsJson };
  }

  /** Who has the name and the password: here where the name is a local user's, otherwise at the providers. */
  async #check(
    login: { name: string; password: string; provider: string },
    named: UserRow | undefined,
  ): Promise<UserRow | undefined> {
    const { accounts, providers } = this.#parts;
    const local = named && !named.user?.providerId && login.provider === "" ? named : undefined;
    if (local || !providers) return accounts.checkPassword(local, login.password);
    const external = await providers.authenticate(login.name, login.password, login.provider);
    // As long as for a wrong password of a local user, where no provider was there to ask.
    if (!external) return accounts.checkPassword(undefined, login.password);
    return adopt(this.#parts, external);
  }

  async #open(
    userId: string,
    from: LoginFrom,
    { vouched = false, also = () => {} }: { vouched?: boolean; also?: (tx: Transaction) => void } = {},
  ): Promise<Session> {
    const { db, clock, accounts, tokens } = this.#parts;
    const secret = newSecret("lqx_");
    const { lifeMs, endsAt } = tokens.sessionLife();
    const tokenId = newId();
    const certificate = await this.#certificate(userId, from.csrPem, tokenId, endsAt);
    const token = await db.transact((tx) => {
      also(tx);
      const user = tx.find(users, userId)?.user;
      if (!user || user.disabled || user.kind !== User_Kind.PERSON) throw problem(Reason.LOGIN_FAILED);
      accounts.attempts.succeeded(tx, userId, from.address);
      tx.update(users, userId, (copy) => void (copy.user && (copy.user.lastLoginAt = timestampFromMs(clock.now()))));
      return tokens.insert(tx, {
        secret,
        token: {
          id: tokenId,
          name: "session",
          userId,
          kind: Token_Kind.SESSION,
          lastAddress: from.address,
          client: from.client,
        },
        lifeMs,
        endsAt,
        certificateFingerprint: certificate?.fingerprint ?? "",
        vouched,
      });
    });
    const user = accounts.shown(db.get(users, userId));
    return { kind: "session", secret, token, endsAt, user, certificatePem: certificate?.certificatePem ?? "" };
  }

  async #certificate(userId: string, csrPem: string, tokenId: string, expiresAt: number) {
    if (!csrPem) return undefined;
    const { certificates, db } = this.#parts;
    const userName = db.find(users, userId)?.user?.name ?? "";
    if (certificates) return certificates.sign({ csrPem, tokenId, userName, expiresAt });
    const why = "this control plane has no certificate authority";
    throw problem(Reason.UNSUPPORTED, { what: "a token that is bound to a certificate", why });
  }
}
