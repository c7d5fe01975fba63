import { hash, verify } from "@node-rs/argon2";
import type { PasswordHasher } from "@limiquantix/control";

/** argon2id with OWASP's parameters (Password Storage Cheat Sheet): 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

/** Hashes on libuv's threads, so that logins do not hold up other calls. */
export const argon2Hasher: PasswordHasher = {
  hash: (password) => hash(password, parameters),
  verify: (digest, password) => verify(digest, password),
};
