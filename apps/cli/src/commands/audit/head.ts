import { UsageError } from "../../usage-error.ts";

/** Ids of records are as long as this, with leading zeros. */
const idLength = 20;

/** `42:9f86…`, as `lqx audit verify` prints a head. Pure. */
export function parseHead(text: string): { knownId: string; knownHash: string } {
  const match = /^([0-9]+):([0-9a-f]{64})$/i.exec(text.trim());
  if (!match) throw new UsageError(`${JSON.stringify(text)} is no head`, "Write it as ID:HASH, as it was printed.");
  return { knownId: (match[1] ?? "").padStart(idLength, "0"), knownHash: (match[2] ?? "").toLowerCase() };
}
