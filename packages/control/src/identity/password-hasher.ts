/** Turns passwords into what may be stored: argon2id in the product, something fast on sim. */
export interface PasswordHasher {
  /** A self-describing hash (PHC string) with its own salt. */
  hash(password: string): Promise<string>;
  verify(hash: string, password: string): Promise<boolean>;
}
