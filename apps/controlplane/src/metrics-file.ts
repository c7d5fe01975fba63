import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { HistoryFile } from "@limiquantix/control";

/** Written at once: a history of many VMs comes in small parts. */
const blockBytes = 1024 * 1024;

/** The history of measurements in the data directory. It may be removed: then it begins anew. */
export function metricsFile(directory: string): HistoryFile {
  const path = join(directory, "metrics.bin");
  return {
    async read() {
      try {
        return await readFile(path);
      } catch (cause) {
        if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
        throw cause;
      }
    },
    async write(parts) {
      const temporary = `${path}.new`;
      try {
        const file = await open(temporary, "w", 0o600);
        try {
          for (const block of blocksOf(parts)) await file.writeFile(block);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch (cause) {
        await rm(temporary, { force: true });
        throw new Error(`write ${path}`, { cause });
      }
    },
  };
}

function* blocksOf(parts: Iterable<Uint8Array>): Generator<Uint8Array> {
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  for (const part of parts) {
    gathered.push(part);
    bytes += part.length;
    if (bytes < blockBytes) continue;
    yield Buffer.concat(gathered);
    gathered = [];
    bytes = 0;
  }
  yield Buffer.concat(gathered);
}
