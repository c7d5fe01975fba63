import { problem, Reason, type LoginPolicy } from "@limiquantix/api";
import type { UserRow } from "@limiquantix/api/rows";
import type { PasswordHasher } from "./password-hasher.ts";

/** Throws PASSWORD_TOO_WEAK. */
export function requireStrength(password: string, policy: LoginPolicy, name: string): void {
  const length = [...password].length;
  if (length < policy.passwordMinLength) {
    throw tooWeak(`it has ${length} characters, and ${policy.passwordMinLength} are the least`);
  }
  if (password.toLowerCase() === name.toLowerCase()) throw tooWeak("it is the user name");
  if (new Set(password).size < 4) throw tooWeak("it is made of fewer than four different characters");
}

/** Throws PASSWORD_TOO_WEAK for the password that the user has, and for as many earlier ones as the policy says. */
export async function requireUnused(
  hasher: PasswordHasher,
  password: string,
  row: UserRow,
  policy: LoginPolicy,
): Promise<void> {
  if (row.passwordHash && (await hasher.verify(row.passwordHash, password))) throw tooWeak("it is the old one");
  for (const earlier of row.earlierPasswordHashes.slice(0, policy.passwordHistory)) {
    if (await hasher.verify(earlier, password)) throw tooWeak("it was used before");
  }
}

/** Sets the hash of a new password on a private copy of the row. */
export function setPassword(row: UserRow, hash: string, policy: LoginPolicy, by: "oneself" | "another"): void {
  const earlier = row.passwordHash ? [row.passwordHash, ...row.earlierPasswordHashes] : row.earlierPasswordHashes;
  row.earlierPasswordHashes = earlier.slice(0, policy.passwordHistory);
  row.passwordHash = hash;
  if (!row.user) return;
  row.user.mustChangePassword = by === "another";
  row.user.firstPassword = false;
}

function tooWeak(why: string): Error {
  return problem(Reason.PASSWORD_TOO_WEAK, { why });
}
