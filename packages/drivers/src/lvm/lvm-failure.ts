import { isProblem, problem, Reason } from "@limiquantix/api";
import { CommandError } from "./host-commands.ts";

/** What the programs say, for want of exit statuses that differ. */
const UNREACHABLE =
  /system ID|foreign VG|Volume group "[^"]+" not found|Cannot process volume group|Input\/output error|did not answer|is not installed|Couldn't find device|No such device or address|not find .*device/i;
const FULL = /No space left on device|insufficient free space|above threshold|out of (data|metadata) space/i;

export async function typed<T>(pool: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isProblem(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    if (FULL.test(why))
      throw problem(Reason.POOL_FULL, { pool, needed: "more", available: "nothing" }, { cause: error });
    if (!(error instanceof CommandError)) throw error;
    if (UNREACHABLE.test(why)) throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: why }, { cause: error });
    throw problem(Reason.STORAGE_REFUSED, { pool, what, why }, { cause: error });
  }
}

export function isMissing(error: unknown): boolean {
  return (
    error instanceof CommandError && /Failed to find logical volume|Snapshot origin LV \S+ not found/.test(error.said)
  );
}

export function isThere(error: unknown): boolean {
  return error instanceof CommandError && /Logical volume "[^"]+" already exists/i.test(error.said);
}

export function isOpen(error: unknown): boolean {
  return error instanceof CommandError && /in use|is used by|resource busy/i.test(error.said);
}

/** What device-mapper says of a volume that has no device. */
export function isInactive(error: unknown): boolean {
  return error instanceof CommandError && /No such device or address|not found/i.test(error.said);
}

export function inUse(kind: string, name: string, by: string, cause?: unknown) {
  return problem(Reason.IN_USE, { kind, name, by }, { cause });
}
