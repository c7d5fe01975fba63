import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const rounds = 5000;

/**
 * The `$6$` password hash that crypt(3) of every Linux guest knows (Ulrich Drepper, "Unix crypt using SHA-256 and
 * SHA-512", 2007) at its default of 5000 rounds. `salt` is 16 characters of [./0-9A-Za-z], random unless told.
 */
export function sha512Crypt(password: string, salt: string = randomSalt()): string {
  const key = utf8ToBytes(password);
  const saltBytes = utf8ToBytes(salt);

  const alternate = sha512(concatBytes(key, saltBytes, key));
  const first = [key, saltBytes, stretch(alternate, key.length)];
  for (let bits = key.length; bits > 0; bits >>= 1) first.push(bits & 1 ? alternate : key);
  let digest = sha512(concatBytes(...first));

  const p = stretch(sha512(repeat(key, key.length)), key.length);
  const s = stretch(sha512(repeat(saltBytes, 16 + (digest[0] ?? 0))), saltBytes.length);
  for (let round = 0; round < rounds; round++) {
    const parts = [round & 1 ? p : digest];
    if (round % 3) parts.push(s);
    if (round % 7) parts.push(p);
    parts.push(round & 1 ? digest : p);
    digest = sha512(concatBytes(...parts));
  }
  return `$6$${salt}$${encode(digest)}`;
}

function randomSalt(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => alphabet[byte & 63]).join("");
}

function repeat(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length);
  return all;
}

/** `bytes` over and over, cut to `length`. */
function stretch(bytes: Uint8Array, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => bytes[i % bytes.length] ?? 0);
}

/** crypt's own base64: three bytes at a time, in the permutation of the specification, low bits first. */
function encode(digest: Uint8Array): string {
  let text = "";
  for (let i = 0; i < 21; i++) {
    const trio = [i, i + 21, i + 42];
    const [a = 0, b = 0, c = 0] = Array.from({ length: 3 }, (_, k) => digest[trio[(k + i) % 3] ?? 0] ?? 0);
    text += encodeBits((a << 16) | (b << 8) | c, 4);
  }
  return text + encodeBits(digest[63] ?? 0, 2);
}

function encodeBits(value: number, characters: number): string {
  return Array.from({ length: characters }, (_, i) => alphabet[(value >> (6 * i)) & 63]).join("");
}
