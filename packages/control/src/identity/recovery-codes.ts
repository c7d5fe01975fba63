import type { UserRow } from "@limiquantix/api/rows";
import { hashSecret, randomLetters } from "./secrets.ts";

const count = 10;
/** 74 bits each: a stolen hash is not guessed, and needs no slow one. */
const letters = 15;

/** Ten codes, each good once in place of a second factor; only hashes of them are kept. */
export function newRecoveryCodes(): { codes: string[]; hashes: string[] } {
  const codes = Array.from({ length: count }, () => randomLetters(letters));
  return { codes, hashes: codes.map(hashRecoveryCode) };
}

/** Uses a code up on a private copy of the row; false: it is none of theirs, or was used. */
export function useRecoveryCode(row: UserRow, code: string): boolean {
  const at = row.recoveryCodeHashes.indexOf(hashRecoveryCode(code));
  if (at < 0) return false;
  row.recoveryCodeHashes.splice(at, 1);
  return true;
}

/** As people copy them: with or without dashes, in capitals too. */
function hashRecoveryCode(code: string): string {
  return hashSecret(code.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
}
