import type { Failure } from "./messages.ts";
import { WrongFileError } from "./schema.ts";

/** By SQLite's primary result codes (sqlite.org/rescode.html). */
const types: Readonly<Record<number, Failure["type"]>> = {
  5: "in-use",
  6: "in-use",
  8: "read-only",
  10: "io",
  11: "damaged",
  13: "full",
  26: "damaged",
};

export function failureOf(error: unknown): Failure {
  if (error instanceof WrongFileError) return { type: "wrong-file", message: error.message };
  if (error instanceof DamagedError) return { type: "damaged", message: error.message };
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : -1;
  return { type: types[code] ?? "other", message };
}

/** The check at start found the file corrupt. */
export class DamagedError extends Error {}
