import type { Blocks } from "./sim-volume.ts";

/** Of a simulated disk. */
export const BLOCK_BYTES = 4096;

/** What an image begins with: its first cluster, which is as much as a test puts there (QEMU docs/interop/qcow2.rst). */
export function imageBlocks(file: Uint8Array): Blocks {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 104 || view.getUint32(0) !== 0x514649fb) return blocksOf(file.subarray(0, 65_536));
  const clusterBytes = 2 ** view.getUint32(20);
  const first = (table: number) => (table > 0 && table + 8 <= file.length ? address(view.getBigUint64(table)) : 0);
  const cluster = first(first(Number(view.getBigUint64(40))));
  return cluster > 0 ? blocksOf(file.subarray(cluster, cluster + clusterBytes)) : new Map();
}

/** Blocks that are all zeros are left out unless asked for. */
export function blocksOf(bytes: Uint8Array, { offset = 0, zeros = false } = {}): Blocks {
  const blocks: Blocks = new Map();
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    if (zeros || block.some((byte) => byte !== 0))
      blocks.set((offset + at) / BLOCK_BYTES, new TextDecoder("latin1").decode(block));
  }
  return blocks;
}

/** Bits 9 to 55 of a table's entry. */
function address(entry: bigint): number {
  return Number(entry & 0x00ff_ffff_ffff_fe00n);
}
