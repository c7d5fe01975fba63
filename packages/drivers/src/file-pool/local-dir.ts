import { problem, Reason, type StoragePoolSpec } from "@limiquantix/api";
import type { PoolOpener } from "@limiquantix/node";
import { isAbsolute, join, resolve } from "node:path";
import { errnoOf, ifExists } from "../files/errno.ts";
import { makeDirectory } from "../files/make-directory.ts";
import { FilePool, type FilePoolOptions } from "./file-pool.ts";
import { type FileStore, LocalStore } from "./file-store.ts";
import { poolFailure } from "./pool-failure.ts";
import { FOLDERS, MARK_FILE, poolPaths } from "./pool-paths.ts";

/** Directories on this host, each a pool of its own. */
export class LocalDirOpener implements PoolOpener {
  readonly #options: Omit<FilePoolOptions, "pool" | "root">;

  constructor(options: Omit<FilePoolOptions, "pool" | "root">) {
    this.#options = options;
  }

  async open(pool: string, spec: StoragePoolSpec): Promise<FilePool> {
    const path = spec.config.case === "localDir" ? spec.config.value.path : "";
    if (!isAbsolute(path) || resolve(path) === "/")
      throw problem(Reason.POOL_NOT_OURS, { pool, why: `${JSON.stringify(path)} is no directory of its own` });
    const root = resolve(path);
    try {
      await makeDirectory(root, 0o711).catch((cause: unknown) => {
        if (errnoOf(cause) !== "EEXIST") throw cause;
        throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: `${root} is no directory` }, { cause });
      });
      await takeIntoUse(pool, root);
    } catch (error) {
      throw await poolFailure(error, { pool, root, neededBytes: 0 });
    }
    return FilePool.open({ ...this.#options, pool, root });
  }
}

/** Marks an empty directory as this pool's. POOL_NOT_OURS for one that holds anything else, or is another pool's. */
export async function takeIntoUse(
  pool: string,
  root: string,
  { store = new LocalStore(poolPaths(root)), unfinished = ".new" }: { store?: FileStore; unfinished?: string } = {},
): Promise<void> {
  const path = join(root, MARK_FILE);
  const read = async () => (await ifExists(store.readAll(path)))?.toString("utf8");
  let mark = await read();
  if (mark === undefined) {
    // What a file system makes of itself, and what we were writing when we were killed.
    const names = (await store.entries(root))
      .map(({ name }) => name)
      .filter((name) => name !== "lost+found" && !name.startsWith(MARK_FILE));
    // Another host may have taken it into use meanwhile.
    if (names.length > 0) mark = await read();
    if (names.length > 0 && mark === undefined)
      throw problem(Reason.POOL_NOT_OURS, {
        pool,
        why: names.every((name) => FOLDERS.some((folder) => folder === name))
          ? `${root} is a host's own pool`
          : `${root} is not empty: ${names.slice(0, 3).join(", ")}`,
      });
    if (mark === undefined) return store.write(path, `${JSON.stringify({ pool })}\n`, unfinished);
  }
  const owner = poolOf(mark);
  if (owner !== pool)
    throw problem(Reason.POOL_NOT_OURS, {
      pool,
      why: `${root} belongs to ${owner ? `pool ${owner}` : "nobody we know"}`,
    });
}

function poolOf(mark: string): string | undefined {
  try {
    return (JSON.parse(mark) as { pool?: string }).pool;
  } catch {
    return undefined;
  }
}
