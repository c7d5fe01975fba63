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
  [
    "Rocky's CHECKSUM",
    `# Rocky-9.qcow2: 609812480 bytes\nSHA256 (other.qcow2) = ${"c".repeat(64)}\n# disk.qcow2: 1 bytes\nSHA256 (disk.qcow2) = ${sha256}\n`,
    { sha256, sha512: "" },
  ],
  [
    "Alma's CHECKSUM, which is signed inside",
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${sha256}  disk.qcow2\n${"c".repeat(64)}  disk-20260101.qcow2\n-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n`,
    { sha256, sha512: "" },
  ],
  ["openSUSE's own list of one file, under the name of its build", `${sha256}  disk-Build5.qcow2\n`, undefined],
  ["a hash alone", `${sha256.toUpperCase()}\n`, { sha256, sha512: "" }],
  ["another file's", `${sha256}  disk.qcow2.manifest\n`, undefined],
])("%s", (_, list, expected) => {
  expect(findChecksum(list, "disk.qcow2")).toEqual(expected);
});

test("the only entry of a list made for one file counts, of several none", () => {
  const line = `${sha256}  disk-Build5.qcow2\n`;
  expect(findChecksum(line, "disk.qcow2", { isOwn: true })).toEqual({ sha256, sha512: "" });
  expect(findChecksum(line + line, "disk.qcow2", { isOwn: true })).toBeUndefined();
});

test("every entry of the catalogue has an id of its own, and HTTPS addresses or words on how to get it", () => {
  expect(new Set(imageCatalogue.map((entry) => entry.id)).size).toBe(imageCatalogue.length);
  for (const { id, url, checksumUrl, defaultUser, howToGet } of imageCatalogue) {
    if (id.startsWith("windows")) {
      expect([url, checksumUrl, howToGet]).toEqual(["", "", expect.stringMatching(/upload/)]);
    } else if (id === "virtio-win") {
      expect(url).toMatch(/^https:\/\/\S+\.iso$/);
    } else {
      expect(url).toMatch(/^https:\/\/\S+\.(qcow2|img)$/);
      expect(checksumUrl).toMatch(/^https:\/\/\S+$/);
      expect(defaultUser).toMatch(/^[a-z]+$/);
    }
  }
});

test.each(["debian", "ubuntu", "rocky", "almalinux", "fedora", "opensuse", "windows", "virtio-win"])(
  "the catalogue has %s",
  (distribution) => expect(imageCatalogue.some(({ os }) => os?.distribution === distribution)).toBe(true),
);
