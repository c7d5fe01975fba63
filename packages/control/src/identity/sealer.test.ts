import { createDecipheriv, hkdfSync } from "node:crypto";
import { expect, test } from "vitest";
import { aesGcmSealer, newSealingKey } from "./sealer.ts";

const plain = new TextEncoder().encode("correct horse");

test("opens what it sealed, also after a restart with the same key, and never seals alike", () => {
  const key = newSealingKey();
  const sealed = aesGcmSealer(key).seal(plain, "vm/1");
  expect(aesGcmSealer(key).open(sealed, "vm/1")).toEqual(plain);
  expect(Buffer.from(sealed).includes("correct")).toBe(false);
  expect(aesGcmSealer(key).seal(plain, "vm/1")).not.toEqual(sealed);
});

test("is AES-256-GCM with the context as associated data, as OpenSSL has it", () => {
  const key = newSealingKey();
  const sealed = Buffer.from(aesGcmSealer(key).seal(plain, "vm/1"));
  const sealKey = new Uint8Array(hkdfSync("sha256", key, "", "limiquantix seal", 32));
  const decipher = createDecipheriv("aes-256-gcm", sealKey, sealed.subarray(1, 13));
  decipher.setAAD(Buffer.from("vm/1"));
  decipher.setAuthTag(sealed.subarray(-16));
  expect(Buffer.concat([decipher.update(sealed.subarray(13, -16)), decipher.final()]).toString()).toBe("correct horse");
});

test("opens nothing of another key, for another context, damaged, cut or empty", () => {
  const sealer = aesGcmSealer(newSealingKey());
  const sealed = sealer.seal(plain, "vm/1");
  expect(() => aesGcmSealer(newSealingKey()).open(sealed, "vm/1")).toThrow();
  expect(() => sealer.open(sealed, "vm/2")).toThrow();
  expect(() => sealer.open(sealed.slice(0, 9), "vm/1")).toThrow();
  expect(() => sealer.open(new Uint8Array(), "vm/1")).toThrow("empty");
  for (const [i, byte] of sealed.entries()) {
    expect(() => sealer.open(sealed.with(i, byte ^ 1), "vm/1"), `byte ${i}`).toThrow();
  }
});

test("fingerprints are the key's own", () => {
  const [a, b] = [newSealingKey(), newSealingKey()];
  expect(aesGcmSealer(a).fingerprint(plain)).toEqual(aesGcmSealer(a).fingerprint(plain));
  expect(aesGcmSealer(a).fingerprint(plain)).not.toEqual(aesGcmSealer(b).fingerprint(plain));
});

test("a key of another length is refused", () => {
  expect(() => aesGcmSealer(new Uint8Array(16))).toThrow("32 bytes, not 16");
});
