import { describe, expect, it } from "vitest";
import { noCloudSeed } from "./seed.ts";

const SECTOR = 2048;

/** Reads the root directory by way of a volume descriptor, as a guest's kernel does. */
function readRoot(image: Buffer, descriptorSector: 16 | 17): Map<string, string> {
  const descriptor = image.subarray(descriptorSector * SECTOR, (descriptorSector + 1) * SECTOR);
  const start = descriptor.readUInt32LE(158) * SECTOR;
  const end = start + descriptor.readUInt32LE(166);
  const files = new Map<string, string>();
  for (let at = start; at < end;) {
    const length = image.readUInt8(at);
    if (length === 0) {
      at = Math.ceil((at + 1) / SECTOR) * SECTOR;
      continue;
    }
    const id = Buffer.from(image.subarray(at + 33, at + 33 + image.readUInt8(at + 32)));
    const isFile = (image.readUInt8(at + 25) & 2) === 0;
    const name = descriptorSector === 17 && isFile ? id.swap16().toString("utf16le") : id.toString("latin1");
    const from = image.readUInt32LE(at + 2) * SECTOR;
    expect(image.readUInt32BE(at + 6)).toBe(image.readUInt32LE(at + 2));
    if (isFile) files.set(name, image.toString("utf8", from, from + image.readUInt32LE(at + 10)));
    at += length;
  }
  return files;
}

const files = new Map([
  ["user-data", "#cloud-config\nhostname: wéb\n"],
  ["meta-data", "instance-id: 1\n"],
  ["network-config", `# ${"x".repeat(5000)}\n`],
  ["vendor-data", ""],
]);

describe("noCloudSeed", () => {
  it("has every file under its true name by Joliet", () => {
    const image = Buffer.from(noCloudSeed(files));
    const expected = new Map([...files].map(([name, text]) => [`${name};1`, text]));
    expect(readRoot(image, 17)).toEqual(expected);
  });

  it("has every file under a plain name by ISO 9660", () => {
    const image = Buffer.from(noCloudSeed(files));
    expect([...readRoot(image, 16).keys()]).toEqual([
      "META_DATA.;1",
      "NETWORK_CONFIG.;1",
      "USER_DATA.;1",
      "VENDOR_DATA.;1",
    ]);
  });

  it("is called cidata, is whole sectors long and says so", () => {
    const image = Buffer.from(noCloudSeed(files));
    expect(image.toString("latin1", 16 * SECTOR + 40, 16 * SECTOR + 72).trimEnd()).toBe("cidata");
    expect(image.length % SECTOR).toBe(0);
    expect(image.readUInt32LE(16 * SECTOR + 80) * SECTOR).toBe(image.length);
  });

  it("is the same for the same files", () => {
    expect(noCloudSeed(files)).toEqual(noCloudSeed(new Map(files)));
  });

  it("holds many files, more than a directory's first sector", () => {
    const many = new Map(Array.from({ length: 200 }, (_, i) => [`file-${i}`, `content ${i}`]));
    expect(readRoot(Buffer.from(noCloudSeed(many)), 17).size).toBe(200);
  });

  it("refuses names that are paths", () => {
    expect(() => noCloudSeed(new Map([["../user-data", ""]]))).toThrow(/no name for a file/);
  });
});
