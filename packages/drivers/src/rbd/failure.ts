import { isProblem, problem, Reason } from "@limiquantix/api";
import { CephError, Errno, isErrno } from "./ceph-commands.ts";

const UNREACHABLE = [Errno.ETIMEDOUT, Errno.EACCES, Errno.EPERM, Errno.ENOTCONN, Errno.ESHUTDOWN] as const;

/** The typed error of what Ceph said no to; others stay what they are. */
export async function typed<T>(pool: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isProblem(error) || !(error instanceof CephError)) throw error;
    const cause = error.message;
    if (isErrno(error, ...UNREACHABLE)) throw problem(Reason.POOL_UNAVAILABLE, { pool, cause }, { cause: error });
    if (isErrno(error, Errno.ENOSPC, Errno.EDQUOT))
      throw problem(Reason.POOL_FULL, { pool, needed: "more", available: "nothing" }, { cause: error });
    throw problem(Reason.STORAGE_REFUSED, { pool, what, why: cause }, { cause: error });
  }
}

export function inUse(kind: string, name: string, by: string, cause?: unknown) {
  return problem(Reason.IN_USE, { kind, name, by }, { cause });
}
