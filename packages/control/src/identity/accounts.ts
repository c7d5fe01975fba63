import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { administratorRole, problem, Reason, UserSchema, type User } from "@limiquantix/api";
import { UserRowSchema, type UserRow } from "@limiquantix/api/rows";
import { newId, type Clock } from "@limiquantix/kit";
import { grantOnRoot } from "../access/grant.ts";
import type { Database } from "../store/database.ts";
import { LoginThrottle } from "./login-throttle.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { newPassword } from "./secrets.ts";
import { users } from "./tables.ts";

/** Users and their passwords. */
export class Accounts {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #hasher: PasswordHasher;
  readonly #throttle: LoginThrottle;
  /** Checked in place of the hash of a user who does not exist, so that the answer takes as long. */
  #decoy: Promise<string> | undefined;

  constructor(parts: { db: Database; clock: Clock; hasher: PasswordHasher }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
    this.#hasher = parts.hasher;
    this.#throttle = new LoginThrottle(parts.clock);
  }

  /** On a store without users: makes `admin` and answers the password, which is nowhere kept. */
  async ensureFirstAdministrator(): Promise<{ name: string; password: string } | undefined> {
    this.#decoy ??= this.#hasher.hash(newPassword());
    if (this.#db.count(users) > 0) return undefined;
    const password = newPassword();
    const passwordHash = await this.#hasher.hash(password);
    const id = newId();
    const user = create(UserSchema, {
      id,
      name: "admin",
      administrator: true,
      mustChangePassword: true,
      createdAt: timestampFromMs(this.#clock.now()),
    });
    await this.#db.transact((tx) => {
      tx.insert(users, create(UserRowSchema, { id, user, passwordHash }));
      grantOnRoot(tx, this.#clock, { userId: id, roleId: administratorRole });
    });
    return { name: user.name, password };
  }

  /** Whether some user still has the password that was made for it. */
  firstLoginPending(): boolean {
    return [...this.#db.all(users)].some((row) => row.user?.mustChangePassword);
  }

  /** Throws LOGIN_FAILED for an unknown user and a wrong password alike, RATE_LIMITED after several failures. */
  async checkPassword(login: { name: string; password: string; address: string }): Promise<User> {
    this.#throttle.check(login.name, login.address);
    // Counted before the outcome is known: guesses sent all at once are as many as those sent one by one.
    this.#throttle.failed(login.name, login.address);
    const row = this.#db.by(users, "name", login.name)[0];
    this.#decoy ??= this.#hasher.hash(newPassword());
    const matches = await this.#hasher.verify(row?.passwordHash ?? (await this.#decoy), login.password);
    if (!row?.user || !matches) throw problem(Reason.LOGIN_FAILED);
    this.#throttle.succeeded(login.name, login.address);
    return withRevision(row);
  }

  /** Throws LOGIN_FAILED, RATE_LIMITED, PASSWORD_TOO_WEAK. */
  async changePassword(change: {
    userId: string;
    oldPassword: string;
    newPassword: string;
    address: string;
  }): Promise<void> {
    const name = this.#db.get(users, change.userId).user?.name ?? "";
    await this.checkPassword({ name, password: change.oldPassword, address: change.address });
    if (change.newPassword === change.oldPassword) {
      throw problem(Reason.PASSWORD_TOO_WEAK, { why: "it is the old one" });
    }
    const passwordHash = await this.#hasher.hash(change.newPassword);
    await this.#db.transact((tx) =>
      tx.update(users, change.userId, (row) => {
        row.passwordHash = passwordHash;
        if (row.user) row.user.mustChangePassword = false;
      }),
    );
  }

  find(userId: string): User | undefined {
    const row = this.#db.find(users, userId);
    return row && withRevision(row);
  }
}

function withRevision(row: UserRow): User {
  const user = row.user ? clone(UserSchema, row.user) : create(UserSchema);
  user.revision = row.revision;
  return user;
}
