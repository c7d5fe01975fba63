import { expect, test } from "vitest";
import { imageCatalogue } from "./catalogue.ts";
import { findChecksum } from "./checksum-list.ts";

const sha256 = "a".repeat(64);
const sha512 = "b".repeat(128);

test.each([
  ["Debian's SHA512SUMS", `${"c".repeat(128)}  other.qcow2\n${sha512}  disk.qcow2\n`, { sha256: "", sha512 }],
  ["Ubuntu's SHA256SUMS", `${sha256} *disk.qcow2\n`, { sha256, sha512: "" }],
  [
    "Fedora's signed list",
    `-----BEGIN PGP-----\n# disk.qcow2: 1 bytes\nSHA256 (disk.qcow2) = ${sha256}\n`,
    { sha256, sha512: "" },
  ],
  ["paths before the name", `${sha256}  ./images/disk.qcow2\n`, { sha256, sha512: "" }],
  ["a hash alone", `${sha256.toUpperCase()}\n`, { sha256, sha512: "" }],
  ["another file's", `${sha256}  disk.qcow2.manifest\n`, undefined],
])("%s", (_, list, expected) => {
  expect(findChecksum(list, "disk.qcow2")).toEqual(expected);
});

test("every entry of the catalogue has an id of its own and HTTPS addresses", () => {
  expect(new Set(imageCatalogue.map((entry) => entry.id)).size).toBe(imageCatalogue.length);
  for (const entry of imageCatalogue) {
    expect(entry.url).toMatch(/^https:\/\/\S+\.(qcow2|img)$/);
    expect(entry.checksumUrl).toMatch(/^https:\/\/\S+$/);
    expect(entry.defaultUser).toMatch(/^[a-z]+$/);
  }
});
