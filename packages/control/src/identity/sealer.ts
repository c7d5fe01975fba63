import { gcm } from "@noble/ciphers/aes.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** Keeps secrets in the store so that whoever has the store alone, or a backup of it, cannot read them. */
export interface Sealer {
  /** Unreadable but for `open` with the same context: which row it is for. */
  seal(plain: Uint8Array, context: string): Uint8Array;
  /** Throws when it was sealed with another key or for another context, or is damaged. */
  open(sealed: Uint8Array, context: string): Uint8Array;
  /** A digest of what holds secrets: unlike a plain hash it does not let anybody try guesses. */
  readonly fingerprint: (bytes: Uint8Array) => Uint8Array;
}

/** The length of a sealing key, in bytes. */
export const sealingKeyBytes = 32;

export function newSealingKey(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(sealingKeyBytes));
}

/** The first byte of what is sealed: how it was done, should that ever change. */
const format = 1;
/** NIST SP 800-38D, 8.2.2: random nonces of 96 bits are good for 2^32 secrets under a key. */
const nonceBytes = 12;

/** AES-256-GCM and HMAC-SHA-256, each under a key of its own that is derived (HKDF, RFC 5869) from the one given. */
export function aesGcmSealer(key: Uint8Array): Sealer {
  if (key.length !== sealingKeyBytes) throw new Error(`a sealing key has ${sealingKeyBytes} bytes, not ${key.length}`);
  const derive = (use: string) => hkdf(sha256, key, undefined, utf8ToBytes(`limiquantix ${use}`), 32);
  const [sealKey, fingerprintKey] = [derive("seal"), derive("fingerprint")];
  return {
    seal(plain, context) {
      const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes));
      return concatBytes(Uint8Array.of(format), nonce, gcm(sealKey, nonce, utf8ToBytes(context)).encrypt(plain));
    },
    open(sealed, context) {
      if (sealed[0] !== format)
        throw new Error(`it is sealed in a way that is not known here: ${sealed[0] ?? "empty"}`);
      const nonce = sealed.subarray(1, 1 + nonceBytes);
      return gcm(sealKey, nonce, utf8ToBytes(context)).decrypt(sealed.subarray(1 + nonceBytes));
    },
    fingerprint: (bytes) => hmac(sha256, fingerprintKey, bytes),
  };
}
