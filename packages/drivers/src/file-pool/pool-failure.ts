import { isProblem, problem, Reason } from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import { statfs } from "node:fs/promises";
import { errnoOf } from "../files/errno.ts";
import { Qcow2HeaderError } from "./image/qcow2-header.ts";

/** Bytes of a pool's file system. */
export interface Space {
  totalBytes: number;
  usedBytes: number;
  availableBytes: number;
}

/** POOL_UNAVAILABLE when the directory is gone. */
export async function measureSpace(pool: string, root: string): Promise<Space> {
  try {
    const { blocks, bfree, bavail, bsize } = await statfs(root);
    return { totalBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize, availableBytes: bavail * bsize };
  } catch (cause) {
    throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: errnoOf(cause) ?? String(cause) }, { cause });
  }
}

/** Errors of what reaches storage over the network. */
const UNREACHED = ["ETIMEDOUT", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EPROTO"];
/** Errors of the file system that mean that the pool itself does not work. */
const BROKEN = new Set(["EIO", "EROFS", "ENOTDIR", "EACCES", "EPERM", "ESTALE", "ENXIO"].concat(UNREACHED));

interface PoolOfFailure {
  pool: string;
  root: string;
  /** 0: not known. */
  neededBytes: number;
  /** Where the root is no directory on this host. */
  space?: (() => Promise<Space>) | undefined;
}

/** The typed error of a failure in a pool; others stay what they are. */
export async function poolFailure(
  error: unknown,
  { pool, root, neededBytes, space = () => measureSpace(pool, root) }: PoolOfFailure,
): Promise<unknown> {
  if (isProblem(error)) return error;
  const errno = errnoOf(error);
  const words = error instanceof Error ? error.message : "";
  if (isFull(error)) {
    const { availableBytes } = await space();
    return poolFull(pool, neededBytes, availableBytes, error);
  }
  if (isDamage(error)) return problem(Reason.STORAGE_REFUSED, { pool, what: "reading", why: words }, { cause: error });
  if (errno === "ENOENT" || /No such file or directory/.test(words)) await space();
  if (errno && BROKEN.has(errno)) return problem(Reason.POOL_UNAVAILABLE, { pool, cause: words }, { cause: error });
  return error;
}

/** A file of ours does not say what it should. */
export function isDamage(error: unknown): boolean {
  return error instanceof Qcow2HeaderError || error instanceof SyntaxError;
}

/** Also by the words of qemu-img, which has no exit codes for it. */
export function isFull(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "ENOSPC" || errno === "EDQUOT" || /No space left on device/.test(String(error));
}

export function poolFull(pool: string, neededBytes: number, availableBytes: number, cause?: unknown) {
  const needed = neededBytes > 0 ? formatBytes(neededBytes) : "more";
  return problem(Reason.POOL_FULL, { pool, needed, available: formatBytes(availableBytes) }, { cause });
}
