import { ImageRequirements_Firmware, ImageSpec_Format, Reason } from "@limiquantix/api";
import { MIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import { type TarEntry, tarArchive } from "../../testing/tar-archive.ts";
import { temporaryDirectory } from "../../testing/temporary-directory.ts";
import { FilePool } from "../file-pool.ts";
import { ConfinedQemuImg } from "./confined-qemu-img.ts";
import type { FileImages } from "./file-images.ts";

const run = promisify(execFile);
const never = new AbortController().signal;

let directory: string;
let raw: string;
let root: string;
let images: FileImages;

beforeEach(async () => {
  directory = await temporaryDirectory();
  root = join(directory, "pool");
  images = (await FilePool.open({ pool: "local", root, clock: systemClock, log: silentLog })).images;
  raw = join(directory, "disk.raw");
  const disk = Buffer.alloc(24 * MIB);
  disk.writeUInt16LE(0xaa55, 510);
  disk.set(randomBytes(3 * MIB), 5 * MIB);
  disk.fill("the end", disk.length - 512);
  await writeFile(raw, disk);
});

async function made(format: string, options = ""): Promise<string> {
  const path = join(directory, `disk-${options.replace(/\W/g, "") || format}.${format}`);
  const settings = options ? ["-o", options] : [];
  await run("qemu-img", ["convert", "-f", "raw", "-O", format, ...settings, raw, path]);
  return path;
}

async function receive(path: string) {
  const imageId = newId();
  const { size: sizeBytes } = await stat(path);
  const upload = { imageId, offset: 0, sizeBytes, sha256: "", sha512: "", chunks: createReadStream(path) };
  return { imageId, received: await images.write(upload) };
}

const convert = (imageId: string, signal = never, onProgress: (percent: number) => void = () => {}) =>
  images.convert(imageId, { signal, onProgress });

async function expectSame(path: string): Promise<void> {
  await run("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", raw, path]);
  await run("qemu-img", ["check", "-q", "-f", "qcow2", path]);
}

describe("a file of another format becomes a qcow2 image with the same bytes", () => {
  it.each([
    ["VMDK, streamOptimized", "vmdk", "subformat=streamOptimized", ImageSpec_Format.VMDK],
    ["VMDK, monolithicSparse", "vmdk", "subformat=monolithicSparse", ImageSpec_Format.VMDK],
    ["VHD, dynamic", "vpc", "subformat=dynamic,force_size=on", ImageSpec_Format.VHD],
    ["VHD, fixed", "vpc", "subformat=fixed,force_size=on", ImageSpec_Format.VHD],
    ["VHDX", "vhdx", "subformat=dynamic", ImageSpec_Format.VHDX],
  ])("%s", async (_, format, options, original) => {
    const { imageId, received } = await receive(await made(format, options));
    expect(received.format).toBe(original);
    expect(await images.find(imageId)).toBeUndefined();
    const told: number[] = [];
    const image = await convert(imageId, never, (percent) => told.push(percent));
    expect(image).toMatchObject({
      format: ImageSpec_Format.QCOW2,
      originalFormat: original,
      virtualSizeBytes: 24 * MIB,
      path: join(root, "images", `${imageId}.qcow2`),
    });
    expect(told.at(-1)).toBe(100);
    await expectSame(image.path);
    const { stdout } = await run("sha256sum", [image.path]);
    expect(image).toMatchObject({ sha256: stdout.slice(0, 64), sizeBytes: (await stat(image.path)).size });
    expect(await images.find(imageId)).toEqual(image);
    expect(await readdir(join(root, "partial"))).toEqual([]);
  });
});

const envelope = (disks: string[], more = "") => `<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"
  xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References>${disks.map((href, i) => `<File ovf:id="f${i}" ovf:href="${href}" ${more}/>`).join("")}</References>
  <DiskSection>${disks.map((_, i) => `<Disk ovf:diskId="d${i}" ovf:fileRef="f${i}" ovf:capacity="25165824"/>`).join("")}</DiskSection>
  <VirtualSystem ovf:id="web">
    <OperatingSystemSection ovf:id="96" vmw:osType="debian12_64Guest"><Description>Debian</Description></OperatingSystemSection>
    <VirtualHardwareSection>
      <Item><rasd:ResourceType>3</rasd:ResourceType><rasd:VirtualQuantity>4</rasd:VirtualQuantity></Item>
      <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>3072</rasd:VirtualQuantity></Item>
      <vmw:Config vmw:key="firmware" vmw:value="efi"/>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>`;

async function ova(members: TarEntry[]): Promise<string> {
  const path = join(directory, `${newId()}.ova`);
  await writeFile(path, tarArchive(members));
  return path;
}

describe("an OVA", () => {
  it("becomes an image of its disk, with what its envelope tells", async () => {
    const vmdk = await readFile(await made("vmdk", "subformat=streamOptimized"));
    const { stdout } = await run("sha256sum", [join(directory, "disk-subformatstreamOptimized.vmdk")]);
    const { imageId, received } = await receive(
      await ova([
        { name: "web.ovf", content: envelope(["web-disk1.vmdk"]) },
        { name: "web.mf", content: `SHA256(web-disk1.vmdk)= ${stdout.slice(0, 64)}\n` },
        { name: "web-disk1.vmdk", content: vmdk },
      ]),
    );
    expect(received.format).toBe(ImageSpec_Format.OVA);
    const image = await convert(imageId);
    await expectSame(image.path);
    expect(image.originalFormat).toBe(ImageSpec_Format.OVA);
    expect(image.content).toMatchObject({
      osName: "debian12_64Guest",
      hardware: { minMemoryMib: 3072n, cpuCores: 4, firmware: ImageRequirements_Firmware.UEFI },
    });
    expect(await images.find(imageId)).toEqual(image);
  });

  it.each<[string, () => Promise<TarEntry[]>, string, RegExp]>([
    [
      "with two disks, by their names",
      async () => [{ name: "a.ovf", content: envelope(["one.vmdk", "two.vmdk"]) }],
      "IMAGE_FORMAT_UNKNOWN",
      /2 disks \(one\.vmdk, two\.vmdk\)/,
    ],
    [
      "whose descriptor names a file of the host",
      async () => [{ name: "a.ovf", content: envelope(["../../../etc/passwd"]) }],
      "IMAGE_REFERS_TO_OTHER_FILES",
      /etc\/passwd/,
    ],
    [
      "whose descriptor names an address",
      async () => [{ name: "a.ovf", content: envelope(["http://169.254.169.254/"]) }],
      "IMAGE_REFERS_TO_OTHER_FILES",
      /169\.254/,
    ],
    [
      "with a link for a disk",
      async () => [
        { name: "a.ovf", content: envelope(["disk.vmdk"]) },
        { name: "disk.vmdk", content: "", type: "2", link: "/etc/passwd" },
      ],
      "IMAGE_FORMAT_UNKNOWN",
      /no plain file/,
    ],
    [
      "with a path that leads out of it",
      async () => [{ name: "../../etc/cron.d/x.ovf", content: envelope(["disk.vmdk"]) }],
      "IMAGE_REFERS_TO_OTHER_FILES",
      /cron/,
    ],
    [
      "with a disk that another one is below",
      async () => [
        { name: "a.ovf", content: envelope(["disk.vmdk"]) },
        {
          name: "disk.vmdk",
          content: await readFile(await hostileVmdk((text) => `${text}parentFileNameHint="/etc/passwd"\n`)),
        },
      ],
      "IMAGE_REFERS_TO_OTHER_FILES",
      /passwd/,
    ],
    [
      "whose disk is not what its manifest says",
      async () => [
        { name: "a.ovf", content: envelope(["disk.vmdk"]) },
        { name: "a.mf", content: `SHA256(disk.vmdk)= ${"0".repeat(64)}\n` },
        { name: "disk.vmdk", content: await readFile(await made("vmdk", "subformat=streamOptimized")) },
      ],
      "IMAGE_CHECKSUM_MISMATCH",
      /0{64}/,
    ],
    ["without a descriptor", async () => [{ name: "a.txt", content: "x" }], "IMAGE_FORMAT_UNKNOWN", /without an OVF/],
    [
      "whose disk is compressed",
      async () => [{ name: "a.ovf", content: envelope(["disk.vmdk"], 'ovf:compression="gzip"') }],
      "IMAGE_FORMAT_UNKNOWN",
      /compressed/,
    ],
  ])("%s is refused, and nothing of it stays", async (_, members, reason, words) => {
    await expectRefused(await ova(await members()), reason, words);
  });
});

async function expectRefused(path: string, reason: string, words: RegExp): Promise<void> {
  await expect(receive(path)).rejects.toMatchObject({
    reason: Reason[reason as keyof typeof Reason],
    message: expect.stringMatching(words) as string,
  });
  expect(await readdir(join(root, "partial"))).toEqual([]);
  expect(await readdir(join(root, "images"))).toEqual([]);
}

/** A VMDK with another description of itself, or another header. */
async function hostileVmdk(
  describe_: (text: string) => string,
  header: (head: Buffer) => void = () => {},
): Promise<string> {
  const file = await readFile(await made("vmdk", "subformat=monolithicSparse"));
  const at = Number(file.readBigUInt64LE(28)) * 512;
  const text = file.toString("latin1", at, file.indexOf(0, at));
  file.fill(0, at, at + 20 * 512);
  file.write(describe_(text), at, "latin1");
  header(file);
  const path = join(directory, `hostile-${newId()}.vmdk`);
  await writeFile(path, file);
  return path;
}

describe("a hostile VMDK is refused before QEMU sees it:", () => {
  const flat = (text: string) => text.replace(/^RW .*$/m, 'RW 4 FLAT "/etc/passwd" 0');
  it.each<[string, () => Promise<string>, RegExp]>([
    ["an extent that is a file of the host", () => hostileVmdk(flat), /passwd/],
    [
      "the same, where QEMU looks without a capacity",
      () => hostileVmdk(flat, (head) => head.writeBigUInt64LE(0n, 12)),
      /extents/,
    ],
    ["one extent more", () => hostileVmdk((text) => `${text}RW 4 SPARSE "/etc/shadow"\n`), /shadow/],
    ["a parent", () => hostileVmdk((text) => `${text}parentFileNameHint="/etc/shadow"\n`), /shadow/],
    [
      "a parent by its number",
      () => hostileVmdk((text) => text.replace(/parentCID=.*/, "parentCID=12345678")),
      /parent/,
    ],
  ])("%s", async (_, path, words) => expectRefused(await path(), "IMAGE_REFERS_TO_OTHER_FILES", words));

  it("a description alone", async () => {
    const path = join(directory, "x.vmdk");
    await writeFile(path, '# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 4 FLAT "/etc/passwd" 0\n');
    await expectRefused(path, "IMAGE_FORMAT_UNKNOWN", /description of a VMDK/);
  });

  it("a VHD that is the difference to another", async () => {
    const path = await made("vpc", "subformat=dynamic,force_size=on");
    const file = await readFile(path);
    for (const footer of [file.subarray(0, 512), file.subarray(-512)]) {
      footer.writeUInt32BE(4, 60);
      footer.writeUInt32BE(0, 64);
      footer.writeUInt32BE(~footer.reduce((sum, byte) => sum + byte, 0) >>> 0, 64);
    }
    await writeFile(path, file);
    await expectRefused(path, "IMAGE_REFERS_TO_OTHER_FILES", /parent/);
  });
});

describe("a conversion", () => {
  it("refuses a small file with a gigantic disk", async () => {
    const path = join(directory, "huge.qcow2");
    await run("qemu-img", ["create", "-q", "-f", "qcow2", "-o", "cluster_size=2M", path, "100T"]);
    const entries = [
      { name: "a.ovf", content: envelope(["huge.qcow2"]) },
      { name: "huge.qcow2", content: await readFile(path) },
    ];
    const { imageId } = await receive(await ova(entries));
    await expect(convert(imageId)).rejects.toMatchObject({
      reason: Reason.IMAGE_FORMAT_UNKNOWN,
      message: expect.stringContaining("100 TiB") as string,
    });
    expect(await readdir(join(root, "partial"))).toEqual([]);
  });

  it("says what is wrong with a file that ends in the middle, and leaves nothing of it", async () => {
    const whole = await readFile(await made("vmdk", "subformat=streamOptimized"));
    const path = join(directory, "cut.vmdk");
    await writeFile(path, whole.subarray(0, whole.length / 2));
    const { imageId } = await receive(path);
    await expect(convert(imageId)).rejects.toMatchObject({ reason: Reason.IMAGE_TRUNCATED });
    expect(await readdir(join(root, "partial"))).toEqual([]);
    expect(await readdir(join(root, "images"))).toEqual([]);
  });

  it("lets qemu-img read nothing but the file, were one to get past the checks", async () => {
    const flat = (text: string) =>
      text.replace("monolithicSparse", "monolithicFlat").replace(/^RW .*$/m, 'RW 4 FLAT "/etc/passwd" 0');
    const source = await hostileVmdk(flat, (head) => head.writeBigUInt64LE(0n, 12));
    const { size: sizeBytes } = await stat(source);
    const disk = { driver: "vmdk", offset: 0, sizeBytes } as const;
    const open = run("qemu-img", ["info", "-f", "vmdk", source]);
    expect((await open).stdout).toContain("/etc/passwd");
    const confined = new ConfinedQemuImg().virtualSizeBytes({ source, disk, signal: never });
    await expect(confined).rejects.toThrow(/passwd.*No such file or directory/);
  });

  it("stops qemu-img where it has written as much as it may", async () => {
    const source = await made("vmdk", "subformat=streamOptimized");
    const { size: sizeBytes } = await stat(source);
    const target = join(directory, "target.qcow2");
    await writeFile(target, "");
    const confined = { source, disk: { driver: "vmdk", offset: 0, sizeBytes } as const, signal: never };
    const work = new ConfinedQemuImg().convert(confined, { target, mostBytes: 2 * MIB, onProgress: () => {} });
    await expect(work).rejects.toMatchObject({ code: "ENOSPC" });
    expect((await stat(target)).size).toBeLessThanOrEqual(2 * MIB);
  });

  it("ends when its image is deleted or its caller goes, and can be begun anew after a kill", async () => {
    const path = await made("vmdk", "subformat=streamOptimized");
    const { imageId } = await receive(path);
    const gone = new AbortController();
    gone.abort(new Error("the caller is gone"));
    await expect(convert(imageId, gone.signal)).rejects.toThrow("the caller is gone");
    // What a daemon that was killed left, and another one that finds it.
    await writeFile(join(root, "partial", `${imageId}.qcow2`), "half");
    const again = (await FilePool.open({ pool: "local", root, clock: systemClock, log: silentLog })).images;
    expect(
      (await again.write({ imageId, offset: 0, sizeBytes: 1, sha256: "", sha512: "", chunks: none() })).format,
    ).toBe(ImageSpec_Format.VMDK);
    await expectSame((await again.convert(imageId, { signal: never, onProgress: () => {} })).path);

    const second = await receive(path);
    const work = convert(second.imageId);
    const [outcome] = await Promise.allSettled([work, images.delete(second.imageId)]);
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ reason: Reason.CANCELLED });
    expect(await images.find(second.imageId)).toBeUndefined();
    expect(await readdir(join(root, "partial"))).toEqual([]);
    await expect(convert(newId())).rejects.toMatchObject({ reason: Reason.NOT_FOUND });
  });
});

async function* none(): AsyncGenerator<Uint8Array> {}
