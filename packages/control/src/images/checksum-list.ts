/** A checksum of a file, with its kind told by its length. */
export interface Checksum {
  sha256: string;
  sha512: string;
}

/**
 * Finds the checksum of `fileName` in what a publisher lists, in the forms that the catalogue's publishers use:
 * `<hex>  name` and `<hex> *name` (coreutils, GNU), `SHA256 (name) = <hex>` (BSD), and a file with nothing but the hash.
 */
export function findChecksum(list: string, fileName: string): Checksum | undefined {
  for (const raw of list.split("\n")) {
    const line = raw.trim();
    const gnu = /^([0-9a-fA-F]{64}|[0-9a-fA-F]{128})[ \t]+[ *]?(\S.*)$/.exec(line);
    if (gnu && baseName(gnu[2] ?? "") === fileName) return checksumOf(gnu[1] ?? "");
    const bsd = /^SHA(?:256|512) \((.+)\) = ([0-9a-fA-F]{64}|[0-9a-fA-F]{128})$/.exec(line);
    if (bsd && baseName(bsd[1] ?? "") === fileName) return checksumOf(bsd[2] ?? "");
  }
  const alone = list.trim();
  return /^([0-9a-fA-F]{64}|[0-9a-fA-F]{128})$/.test(alone) ? checksumOf(alone) : undefined;
}

/** By the number of digits: 64 are SHA-256, 128 are SHA-512. */
export function checksumOf(hex: string): Checksum {
  const digits = hex.toLowerCase();
  return digits.length === 128 ? { sha256: "", sha512: digits } : { sha256: digits, sha512: "" };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
