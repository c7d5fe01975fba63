import type { FileHandle } from "node:fs/promises";

/** Random access to a file of `size` bytes; what lies behind the end is left out of the answer. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Buffer>;
}

export async function fileSource(handle: FileHandle): Promise<ByteSource> {
  const { size } = await handle.stat();
  return {
    size,
    async read(offset, length) {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    },
  };
}

/** A file that lies inside of another one. */
export function partOf(source: ByteSource, offset: number, size: number): ByteSource {
  return { size, read: (at, length) => source.read(offset + at, Math.max(0, Math.min(length, size - at))) };
}
