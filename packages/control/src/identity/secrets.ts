import { base64Encode } from "@bufbuild/protobuf/wire";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** What a secret is for, as its first letters tell: a person who finds one knows what leaked. */
export type SecretPrefix = "lqx_" | "lqxnode_" | "lqxjoin_" | "lqxlink_";

/** 256 random bits behind a prefix. They need no slow hash: nobody guesses them. */
export function newSecret(prefix: SecretPrefix): string {
  return prefix + randomText(32);
}

/** `byteCount` random bytes, base64url. */
export function randomText(byteCount: number): string {
  return base64Encode(crypto.getRandomValues(new Uint8Array(byteCount)), "url");
}

/** What is stored of a secret, and what it is found by. */
export function hashSecret(secret: string): string {
  return bytesToHex(sha256(utf8ToBytes(secret)));
}

const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

/** A password that can be copied from a screen by hand: 98 bits. */
export function newPassword(): string {
  return randomLetters(20);
}

/** Letters and digits that cannot be confused, 4.95 bits each, in groups of five. */
export function randomLetters(count: number): string {
  const letters: string[] = [];
  while (letters.length < count) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // 31 letters: 248 is the largest multiple in a byte, and what lies above would favour the first letters.
      if (byte < 248 && letters.length < count) letters.push(alphabet[byte % alphabet.length] ?? "");
    }
  }
  return letters.join("").replace(/(.{5})(?=.)/g, "$1-");
}
