import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { administratorRole, problem, Reason, UserSchema, type User } from "@limiquantix/api";
import { UserRowSchema, type UserRow } from "@limiquantix/api/rows";
import { newId, type Clock, type Log } from "@limiquantix/kit";
import { grantOnRoot } from "../access/grant.ts";
import type { RightsIndex } from "../access/rights.ts";
import type { Database, Transaction } from "../store/database.ts";
import { isAdministrator } from "./administrators.ts";
import { LoginAttempts, type Attempt } from "./login-attempts.ts";
import { loginPolicyOf } from "./login-policy.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { requireStrength, requireUnused, setPassword } from "./passwords.ts";
import { newPassword } from "./secrets.ts";
import { factors, grants, groups, tokens, users } from "./tables.ts";

export interface AccountsParts {
  db: Database;
  clock: Clock;
  log: Log;
  hasher: PasswordHasher;
  rights: RightsIndex;
}

/** Users and their passwords. */
export class Accounts {
  readonly attempts: LoginAttempts;
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #hasher: PasswordHasher;
  readonly #rights: RightsIndex;
  /** Checked in place of the hash of a user who does not exist, so that the answer takes as long. */
  #decoy: Promise<string> | undefined;

  constructor(parts: AccountsParts) {
    this.#db = parts.db;
    this.#clock = parts.clock;
    this.#hasher = parts.hasher;
    this.#rights = parts.rights;
    this.attempts = new LoginAttempts(parts);
  }

  /**
   * On a store without users: makes `admin` and answers the password, which is nowhere kept. Its sessions are warned and
   * not limited: nobody but who installs reads that password.
   */
  async ensureFirstAdministrator(): Promise<{ name: string; password: string } | undefined> {
    this.#decoy ??= this.#hasher.hash(newPassword());
    if (this.#db.count(users) > 0) return undefined;
    const password = newPassword();
    const passwordHash = await this.#hasher.hash(password);
    const id = newId();
    const createdAt = timestampFromMs(this.#clock.now());
    const user = create(UserSchema, { id, name: "admin", firstPassword: true, createdAt });
    await this.#db.transact((tx) => {
      tx.insert(users, create(UserRowSchema, { id, user, passwordHash }));
      grantOnRoot(tx, this.#clock, { userId: id, roleId: administratorRole });
    });
    return { name: user.name, password };
  }

  /** Whether the first administrator still has the password that was made for it. */
  firstLoginPending(): boolean {
    return [...this.#db.all(users)].some((row) => row.user?.firstPassword);
  }

  /**
   * Who has this name and password; undefined: nobody, and that is told alike and in the same time whether the name or
   * the password is wrong. Disabled users are among nobody.
   */
  async checkPassword(row: UserRow | undefined, password: string): Promise<UserRow | undefined> {
    this.#decoy ??= this.#hasher.hash(newPassword());
    const matches = await this.#hasher.verify(row?.passwordHash || (await this.#decoy), password);
    return row?.passwordHash && matches && !row.user?.disabled ? row : undefined;
  }

  /** A password asked for once more. Throws LOGIN_FAILED, RATE_LIMITED. The attempt is the caller's to end. */
  async confirmPassword(
    userId: string,
    password: string,
    address: string,
  ): Promise<{ row: UserRow; attempt: Attempt }> {
    const row = this.#db.get(users, userId);
    const attempt = this.attempts.begin(row.user?.name ?? "", address, row);
    if (await this.checkPassword(row, password)) return { row, attempt };
    attempt.fail();
    throw problem(Reason.LOGIN_FAILED);
  }

  /** Throws LOGIN_FAILED, RATE_LIMITED, PASSWORD_TOO_WEAK, UNSUPPORTED. `also` is done in the same transaction. */
  async changePassword(
    change: { userId: string; oldPassword: string; newPassword: string; address: string },
    also: (tx: Transaction) => void,
  ): Promise<void> {
    requireOwnPassword(this.#db.get(users, change.userId));
    const policy = loginPolicyOf(this.#db);
    const { row, attempt } = await this.confirmPassword(change.userId, change.oldPassword, change.address);
    try {
      requireStrength(change.newPassword, policy, row.user?.name ?? "");
      await requireUnused(this.#hasher, change.newPassword, row, policy);
    } catch (tooWeak) {
      attempt.forgive();
      throw tooWeak;
    }
    const hash = await this.#hasher.hash(change.newPassword);
    await this.#db.transact((tx) => {
      // Of two changes at once, or a change and a reset, the later one knew an old password that is no longer it.
      if (tx.get(users, change.userId).passwordHash !== row.passwordHash) throw problem(Reason.LOGIN_FAILED);
      tx.update(users, change.userId, (copy) => setPassword(copy, hash, policy, "oneself"));
      this.attempts.succeeded(tx, change.userId, change.address);
      also(tx);
    });
  }

  /** By name, where their password is ours to check. */
  byName(name: string): UserRow | undefined {
    return this.#db.by(users, "name", name)[0];
  }

  find(userId: string): User | undefined {
    const row = this.#db.find(users, userId);
    return row && this.shown(row);
  }

  /** As the API has them. */
  shown(row: UserRow): User {
    const user = row.user ? clone(UserSchema, row.user) : create(UserSchema);
    const groupIds = this.#rights.groupsOf(row.id);
    user.revision = row.revision;
    user.groupIds = [...groupIds];
    user.administrator = isAdministrator(this.#db, row.id, groupIds);
    const lockedUntil = this.attempts.lockedUntil(row);
    if (lockedUntil > 0) user.lockedUntil = timestampFromMs(lockedUntil);
    return user;
  }

  /** With everything that is theirs. */
  delete(tx: Transaction, userId: string): void {
    for (const { id } of tx.by(tokens, "user", userId)) tx.delete(tokens, id);
    for (const { id } of tx.by(factors, "user", userId)) tx.delete(factors, id);
    for (const { id } of tx.by(grants, "holder", `user/${userId}`)) tx.delete(grants, id);
    for (const { id } of this.#db.all(groups)) leaveGroup(tx, id, userId);
    tx.delete(users, userId);
  }
}

/** Throws UNSUPPORTED for who has no password here: service accounts, and the users of identity providers. */
export function requireOwnPassword({ user }: UserRow): void {
  const why = user?.providerId
    ? "their identity provider keeps it"
    : user?.kind
      ? "a service account has API tokens and no password"
      : "";
  if (why) throw problem(Reason.UNSUPPORTED, { what: `a password for ${user?.name}`, why });
}

export function leaveGroup(tx: Transaction, groupId: string, userId: string): void {
  const group = tx.find(groups, groupId);
  if (!group?.memberIds.includes(userId) && !group?.providedMemberIds.includes(userId)) return;
  tx.update(groups, groupId, (copy) => {
    copy.memberIds = copy.memberIds.filter((id) => id !== userId);
    copy.providedMemberIds = copy.providedMemberIds.filter((id) => id !== userId);
  });
}
