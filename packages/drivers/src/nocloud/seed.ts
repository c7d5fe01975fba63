import { filesOfIso9660, iso9660 } from "./iso9660.ts";

/** The name by which cloud-init's NoCloud source knows its disk. */
const VOLUME_ID = "cidata";
const FILE_NAME = /^[a-z][a-z0-9-]{0,30}$/;

/** The disk that cloud-init reads at the first boot: `user-data`, `meta-data`, `network-config`, `vendor-data`. */
export function noCloudSeed(files: ReadonlyMap<string, string>): Uint8Array {
  const contents = new Map<string, Uint8Array>();
  for (const [name, text] of files) {
    if (!FILE_NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name for a file in a seed`);
    contents.set(name, Buffer.from(text, "utf8"));
  }
  return iso9660(VOLUME_ID, contents);
}

/** The files of such a disk. */
export function filesOfSeed(image: Buffer): Map<string, string> {
  return new Map([...filesOfIso9660(image)].map(([name, content]) => [name, content.toString("utf8")]));
}
