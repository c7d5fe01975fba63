const CLUSTER = 65_536;

export interface Qcow2Options {
  virtualSizeBytes?: number;
  backingFile?: string;
  dataFile?: string;
  incompatibleFeatures?: bigint;
  encrypted?: boolean;
}

/** A qcow2 file with one cluster of data: header, refcount table and block, L1, L2, data. */
export function qcow2Image(options: Qcow2Options = {}): Buffer {
  const { virtualSizeBytes = 1024 ** 3, backingFile, dataFile, incompatibleFeatures = 0n, encrypted } = options;
  const image = Buffer.alloc(6 * CLUSTER);
  image.writeUInt32BE(0x514649fb, 0);
  image.writeUInt32BE(3, 4);
  image.writeUInt32BE(16, 20);
  image.writeBigUInt64BE(BigInt(virtualSizeBytes), 24);
  image.writeUInt32BE(encrypted ? 1 : 0, 32);
  image.writeUInt32BE(Math.ceil(virtualSizeBytes / (8192 * CLUSTER)), 36);
  image.writeBigUInt64BE(BigInt(3 * CLUSTER), 40);
  image.writeBigUInt64BE(BigInt(CLUSTER), 48);
  image.writeUInt32BE(1, 56);
  image.writeBigUInt64BE(incompatibleFeatures, 72);
  image.writeUInt32BE(4, 96);
  image.writeUInt32BE(104, 100);
  if (dataFile) {
    image.writeUInt32BE(0x44415441, 104);
    image.writeUInt32BE(dataFile.length, 108);
    image.write(dataFile, 112);
  }
  if (backingFile !== undefined) {
    image.writeBigUInt64BE(1024n, 8);
    image.writeUInt32BE(backingFile.length, 16);
    image.write(backingFile, 1024);
  }
  image.writeBigUInt64BE(BigInt(2 * CLUSTER), CLUSTER);
  for (let cluster = 0; cluster < 6; cluster++) image.writeUInt16BE(1, 2 * CLUSTER + 2 * cluster);
  image.writeBigUInt64BE(BigInt(4 * CLUSTER) | (1n << 63n), 3 * CLUSTER);
  image.writeBigUInt64BE(BigInt(5 * CLUSTER) | (1n << 63n), 4 * CLUSTER);
  image.fill("data", 5 * CLUSTER);
  return image;
}

/** A raw disk with a partition table, otherwise zeros but for its last sector. */
export function rawImage(sizeBytes = 4 * 1024 ** 2): Buffer {
  const image = Buffer.alloc(sizeBytes);
  image.writeUInt16LE(0xaa55, 510);
  image.fill("the end", sizeBytes - 512);
  return image;
}
