import type { MemoryFiles } from "@limiquantix/node";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "../files/atomic-file.ts";
import { ifExists } from "../files/errno.ts";
import { checkedId } from "./pool-paths.ts";

/** The memory of guests, a file for each snapshot. */
export class FileMemory implements MemoryFiles {
  readonly #directory: string;
  readonly #typed: <T>(work: () => Promise<T>) => Promise<T>;

  constructor(directory: string, typed: <T>(work: () => Promise<T>) => Promise<T>) {
    this.#directory = directory;
    this.#typed = typed;
  }

  path(snapshotId: string): string {
    return join(this.#directory, `${checkedId(snapshotId, "snapshot_id")}.mem`);
  }

  async sizeBytes(snapshotId: string): Promise<number | undefined> {
    const path = this.path(snapshotId);
    return (await this.#typed(() => ifExists(stat(path))))?.size;
  }

  async delete(snapshotId: string): Promise<void> {
    const path = this.path(snapshotId);
    await this.#typed(async () => {
      for (const file of [path, `${path}.new`]) await rm(file, { force: true });
      await syncDirectory(this.#directory);
    });
  }
}
