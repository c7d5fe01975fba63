import { IdempotencyRowSchema } from "@limiquantix/api/rows";
import { table } from "../store/table.ts";

/** What mutations under an idempotency key answered, for a day. */
export const idempotency = table({ kind: "idempotency", schema: IdempotencyRowSchema });
