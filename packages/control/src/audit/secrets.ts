import type { JsonValue } from "@bufbuild/protobuf";

/**
 * Fields that hold secrets, wherever they are. What is audited has been through the redaction of its own kind before;
 * this is what stands between a mistake there and a log that cannot be unwritten.
 */
const secretFields: ReadonlySet<string> = new Set([
  "password",
  "passwordHash",
  "newPassword",
  "userData",
  "networkConfig",
  "sealedSecret",
  "sealedSecrets",
  "secret",
  "secretHash",
  "clientSecret",
  "bindPassword",
  "chapPassword",
  "privateKey",
  "keyPem",
  "token",
  "joinToken",
]);

const hidden = "(secret)";

/** A copy without secrets: also those in the user part of an address. */
export function withoutSecrets(value: JsonValue): JsonValue {
  if (typeof value === "string") return value.replace(/(:\/\/)[^/\s@]+@/g, `$1${hidden}@`);
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, JsonValue> = {};
  for (const [key, inner] of Object.entries(value)) {
    copy[key] = typeof inner === "string" && secretFields.has(key) ? hidden : withoutSecrets(inner);
  }
  return copy;
}
