import { toJson, type JsonValue } from "@bufbuild/protobuf";
import { AuditRecordSchema, type AuditRecord } from "@limiquantix/api";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** What the first record follows. */
export const firstPreviousHash = "0".repeat(64);

/**
 * SHA-256, hexadecimal, of a record's canonical bytes: its JSON without `hash`, with sorted keys and no white space
 * (RFC 8785; a record holds neither numbers nor null, so sorting is all there is to it). docs/audit.md tells strangers.
 */
export function hashOf(record: AuditRecord): string {
  const json = jsonOf(record);
  delete json["hash"];
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(json))));
}

/** One line of an export, without the line's end. */
export function exportLine(record: AuditRecord): string {
  return canonicalJson(jsonOf(record));
}

/** The revision is the store's own, and no part of a record. */
function jsonOf(record: AuditRecord): Record<string, JsonValue> {
  const json = toJson(AuditRecordSchema, record) as Record<string, JsonValue>;
  delete json["revision"];
  return json;
}

function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).toSorted();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key]!)}`).join(",")}}`;
}
