import { isProblem, problem, Reason } from "@limiquantix/api";
import { Code, LinstorError } from "./api-call-rc.ts";
import { LinstorUnreachable } from "./linstor-client.ts";

/** The typed error of what LINSTOR said no to; others stay what they are. */
export async function typed<T>(pool: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isProblem(error)) throw error;
    if (error instanceof LinstorUnreachable)
      throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: error.message }, { cause: error });
    if (isFull(error))
      throw problem(Reason.POOL_FULL, { pool, needed: "more", available: "nothing" }, { cause: error });
    if (!(error instanceof LinstorError)) throw error;
    if (error.has(Code.IN_USE)) throw inUse("what is needed", `for ${what}`, error.message, error);
    throw problem(Reason.STORAGE_REFUSED, { pool, what, why: error.message }, { cause: error });
  }
}

/** Also a device that took no more. */
function isFull(error: unknown): boolean {
  if (error instanceof LinstorError) return error.has(Code.NOT_ENOUGH_FREE_SPACE);
  return error instanceof Error && /No space left on device|ENOSPC/.test(error.message);
}

export function inUse(kind: string, name: string, by: string, cause?: unknown) {
  return problem(Reason.IN_USE, { kind, name, by }, { cause });
}

export function notFound(kind: "volume" | "snapshot" | "image" | "disk", id: string) {
  return problem(Reason.NOT_FOUND, { kind, id });
}
