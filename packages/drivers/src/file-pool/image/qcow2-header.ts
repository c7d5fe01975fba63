/** What a qcow2 header says. Source: QEMU's docs/interop/qcow2.txt; all numbers are big-endian. */
export interface Qcow2Header {
  version: number;
  /** Path as it stands there; empty: none. */
  backingFile: string;
  /** Empty: none, or not named. */
  dataFile: string;
  usesDataFile: boolean;
  encrypted: boolean;
  markedCorrupt: boolean;
  unknownFeatures: bigint;
  clusterBytes: number;
  virtualSizeBytes: number;
  l1Offset: number;
  l1Entries: number;
  refcountTableOffset: number;
  refcountTableBytes: number;
  /** 8, or 16 with extended L2 entries. */
  l2EntryBytes: number;
}

export const QCOW2_MAGIC = 0x514649fb;
/** As much of a file's beginning as a header with its extensions and the backing file's name can take. */
export const QCOW2_HEAD_BYTES = 64 * 1024;

const Feature = { DIRTY: 1n, CORRUPT: 2n, DATA_FILE: 4n, COMPRESSION_TYPE: 8n, EXTENDED_L2: 16n } as const;
const KNOWN_FEATURES = 31n;
const EXTENSION_END = 0;
const EXTENSION_DATA_FILE = 0x44415441;

export class Qcow2HeaderError extends Error {
  override readonly name = "Qcow2HeaderError";
  /** The header itself is cut off or points beside itself: the file is damaged rather than of another kind. */
  readonly damaged: boolean;

  constructor(message: string, damaged: boolean) {
    super(message);
    this.damaged = damaged;
  }
}

/** Reads the header from the first bytes of the file (QCOW2_HEAD_BYTES, or the whole of a shorter file). */
export function parseQcow2Header(head: Buffer): Qcow2Header {
  if (head.length < 72) throw new Qcow2HeaderError("its header is cut off", true);
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) throw new Qcow2HeaderError(`qcow version ${version} is not known`, false);
  const clusterBits = head.readUInt32BE(20);
  if (clusterBits < 9 || clusterBits > 21) throw new Qcow2HeaderError(`a cluster of 2^${clusterBits} bytes`, true);
  if (version === 3 && head.length < 104) throw new Qcow2HeaderError("its header is cut off", true);
  const features = version === 3 ? head.readBigUInt64BE(72) : 0n;
  const headerBytes = version === 3 ? head.readUInt32BE(100) : 72;
  const clusterBytes = 2 ** clusterBits;
  return {
    version,
    backingFile: backingFile(head),
    dataFile: dataFile(head, headerBytes),
    usesDataFile: (features & Feature.DATA_FILE) !== 0n,
    encrypted: head.readUInt32BE(32) !== 0,
    markedCorrupt: (features & Feature.CORRUPT) !== 0n,
    unknownFeatures: features & ~KNOWN_FEATURES,
    clusterBytes,
    virtualSizeBytes: exact(head.readBigUInt64BE(24), "virtual size"),
    l1Offset: exact(head.readBigUInt64BE(40), "L1 table offset"),
    l1Entries: head.readUInt32BE(36),
    refcountTableOffset: exact(head.readBigUInt64BE(48), "refcount table offset"),
    refcountTableBytes: head.readUInt32BE(56) * clusterBytes,
    l2EntryBytes: (features & Feature.EXTENDED_L2) !== 0n ? 16 : 8,
  };
}

function backingFile(head: Buffer): string {
  const offset = exact(head.readBigUInt64BE(8), "backing file name's offset");
  if (offset === 0) return "";
  const length = head.readUInt32BE(16);
  if (length > 1023 || offset + length > head.length)
    throw new Qcow2HeaderError("its backing file's name lies outside of the header", true);
  // An empty name with an offset still says that there is one.
  return head.toString("utf8", offset, offset + length) || "(no name)";
}

function dataFile(head: Buffer, headerBytes: number): string {
  for (let at = headerBytes; at + 8 <= head.length;) {
    const type = head.readUInt32BE(at);
    const length = head.readUInt32BE(at + 4);
    if (type === EXTENSION_END) return "";
    if (type === EXTENSION_DATA_FILE) return head.toString("utf8", at + 8, Math.min(at + 8 + length, head.length));
    at += 8 + Math.ceil(length / 8) * 8;
  }
  return "";
}

function exact(value: bigint, what: string): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Qcow2HeaderError(`its ${what} is ${value}`, true);
  return Number(value);
}
