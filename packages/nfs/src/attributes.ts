import type { XdrReader, XdrWriter } from "@limiquantix/libvirt/xdr";

export const FileType = { FILE: 1, DIRECTORY: 2, LINK: 5 } as const;

/** What NFSv3 says of a file (RFC 1813, fattr3). */
export interface Attributes {
  /** One of `FileType`, or another. */
  type: number;
  mode: number;
  links: number;
  sizeBytes: number;
  usedBytes: number;
  fileId: string;
  modifiedMs: number;
}

export function readAttributes(r: XdrReader): Attributes {
  const [type, mode, links] = [r.uint(), r.uint(), r.uint()];
  // Owner and group.
  r.raw(8);
  const [sizeBytes, usedBytes] = [Number(r.uhyper()), Number(r.uhyper())];
  // Device, file system.
  r.raw(16);
  const fileId = String(r.uhyper());
  r.raw(8);
  const modifiedMs = r.uint() * 1000 + Math.floor(r.uint() / 1e6);
  r.raw(8);
  return { type, mode, links, sizeBytes, usedBytes, fileId, modifiedMs };
}

export function readMaybeAttributes(r: XdrReader): Attributes | undefined {
  return r.uint() ? readAttributes(r) : undefined;
}

/** wcc_data: what a directory was and is, which we do not keep. */
export function skipChange(r: XdrReader): void {
  if (r.uint()) r.raw(24);
  readMaybeAttributes(r);
}

/** sattr3, of which only the mode is ever set. */
export function writeMode(w: XdrWriter, mode: number | undefined): void {
  w.uint(mode === undefined ? 0 : 1);
  if (mode !== undefined) w.uint(mode);
  // Owner, group, size; times.
  for (let i = 0; i < 5; i++) w.uint(0);
}
