/** A checksum of a file, with its kind told by its length. */
export interface Checksum {
  sha256: string;
  sha512: string;
}

/**
 * Finds the checksum of `fileName` in what a publisher lists, in the forms that the catalogue's publishers use:
 * `<hex>  name` and `<hex> *name` (coreutils, GNU), `SHA256 (name) = <hex>` (BSD), and a file with nothing but the hash. In a list that is made for one file (`isOwn`) the only entry counts, whatever it
 * calls the file: openSUSE's has the name of the build that the address leads to today.
 */
export function findChecksum(list: string, fileName: string, { isOwn = false } = {}): Checksum | undefined {
  const found: Checksum[] = [];
  for (const raw of list.split("\n")) {
    const line = raw.trim();
    const gnu = /^([0-9a-fA-F]{64}|[0-9a-fA-F]{128})[ \t]+[ *]?(\S.*)$/.exec(line);
    if (gnu) found.push(checksumOf(gnu[1] ?? ""));
    if (gnu && baseName(gnu[2] ?? "") === fileName) return found.at(-1);
    const bsd = /^SHA(?:256|512) \((.+)\) = ([0-9a-fA-F]{64}|[0-9a-fA-F]{128})$/.exec(line);
    if (bsd) found.push(checksumOf(bsd[2] ?? ""));
    if (bsd && baseName(bsd[1] ?? "") === fileName) return found.at(-1);
  }
  if (isOwn && found.length === 1) return found[0];
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
