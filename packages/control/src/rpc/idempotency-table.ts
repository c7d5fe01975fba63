import type { DescMethod } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { IdempotencyRowSchema, type IdempotencyRow } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Database } from "../store/database.ts";
import { table } from "../store/table.ts";
import type { Principal } from "./call.ts";

/** What mutations under an idempotency key answered, for a day. */
export const idempotency = table({ kind: "idempotency", schema: IdempotencyRowSchema });

/** VMService.CreateVM */
export function methodName({ parent, name }: DescMethod): string {
  return `${parent.name}.${name}`;
}

/** An idempotency key is the caller's own within a method: VMService.CreateVM. */
export function idempotencyId(principal: Principal, method: string, key: string): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([principal.kind, principal.id, method, key]))));
}

/** Whether the caller has carried out a mutation under this key before, so that all there is to do is to answer again. */
export function isRepeat(
  { db, clock }: { db: Database; clock: Clock },
  call: { principal: Principal; method: string; key: string },
): boolean {
  const row = db.find(idempotency, idempotencyId(call.principal, call.method, call.key));
  return row !== undefined && isInForce(row, clock);
}

/** Answers are kept for a day. */
export function isInForce({ expiresAt }: IdempotencyRow, clock: Clock): boolean {
  return expiresAt !== undefined && timestampMs(expiresAt) > clock.now();
}
