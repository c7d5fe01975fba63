import type { ByteSource } from "./byte-source.ts";
import type { Qcow2Header } from "./qcow2-header.ts";

const OFFSET_MASK = 0x00ff_ffff_ffff_fe00n;
const COMPRESSED = 1n << 62n;
const SECTOR_BYTES = 512;

/**
 * Walks the tables and answers what is wrong when one of them, or a cluster of data, lies behind the file's end: a
 * download that broke off in the middle has a perfect header. Undefined when all is there.
 */
export async function findQcow2Damage(source: ByteSource, header: Qcow2Header): Promise<string | undefined> {
  const { clusterBytes, l1Entries, l1Offset, refcountTableOffset, refcountTableBytes, l2EntryBytes } = header;
  const dataPerL2 = (clusterBytes / l2EntryBytes) * clusterBytes;
  if (l1Entries < Math.ceil(header.virtualSizeBytes / dataPerL2))
    return `its table covers less than its ${header.virtualSizeBytes} bytes`;
  if (l1Offset % clusterBytes !== 0 || refcountTableOffset % clusterBytes !== 0) return "its tables are not aligned";
  if (l1Offset + l1Entries * 8 > source.size) return `its L1 table ends behind the file's end at ${source.size}`;
  if (refcountTableOffset === 0 || refcountTableOffset + refcountTableBytes > source.size)
    return `its refcount table ends behind the file's end at ${source.size}`;

  const l1 = await source.read(l1Offset, l1Entries * 8);
  for (let i = 0; i < l1Entries; i++) {
    const l2Offset = Number(l1.readBigUInt64BE(i * 8) & OFFSET_MASK);
    if (l2Offset === 0) continue;
    if (l2Offset + clusterBytes > source.size) return missing(l2Offset, source.size);
    const l2 = await source.read(l2Offset, clusterBytes);
    for (let at = 0; at < l2.length; at += l2EntryBytes) {
      const entry = l2.readBigUInt64BE(at);
      const end = entry === 0n ? 0 : leastEnd(entry, header);
      if (end > source.size) return missing(end, source.size);
    }
  }
  return undefined;
}

/** Where the file must at least reach to. The last cluster may be cut short: what is not there reads as zeros. */
function leastEnd(entry: bigint, { clusterBytes }: Qcow2Header): number {
  if ((entry & COMPRESSED) === 0n) {
    const offset = Number(entry & OFFSET_MASK);
    return offset === 0 ? 0 : offset + 1;
  }
  const offsetBits = 62n - (BigInt(Math.log2(clusterBytes)) - 8n);
  const offset = Number(entry & ((1n << offsetBits) - 1n));
  const moreSectors = Number((entry & (COMPRESSED - 1n)) >> offsetBits);
  const lastSector = Math.floor(offset / SECTOR_BYTES) + moreSectors;
  return Math.max(offset, lastSector * SECTOR_BYTES) + 1;
}

function missing(end: number, size: number): string {
  return `it needs ${end} bytes and has ${size}`;
}
