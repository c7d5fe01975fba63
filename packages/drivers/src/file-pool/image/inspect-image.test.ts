import { ImageSpec_Format, isProblem, Reason } from "@limiquantix/api";
import { describe, expect, it } from "vitest";
import { noCloudSeed } from "../../nocloud/seed.ts";
import { qcow2Image, rawImage } from "../../testing/disk-images.ts";
import type { ByteSource } from "./byte-source.ts";
import { inspectImage } from "./inspect-image.ts";

function bytes(content: Buffer): ByteSource {
  return { size: content.length, read: async (offset, length) => content.subarray(offset, offset + length) };
}

async function refusal(content: Buffer): Promise<{ reason: string; message: string }> {
  try {
    await inspectImage(bytes(content));
  } catch (error) {
    if (isProblem(error)) return { reason: Reason[error.reason], message: error.message };
    throw error;
  }
  throw new Error("it was accepted");
}

function starting(text: string | Buffer): Buffer {
  const content = Buffer.alloc(128 * 1024, 7);
  content.set(Buffer.from(text), 0);
  return content;
}

describe("inspectImage accepts", () => {
  it("qcow2 with its virtual size", async () => {
    expect(await inspectImage(bytes(qcow2Image()))).toEqual({
      format: ImageSpec_Format.QCOW2,
      virtualSizeBytes: 1024 ** 3,
    });
  });
  it("a raw disk with a partition table", async () => {
    expect(await inspectImage(bytes(rawImage()))).toEqual({
      format: ImageSpec_Format.RAW,
      virtualSizeBytes: 4 * 1024 ** 2,
    });
  });
  it("an ISO, also one that boots as a disk", async () => {
    const iso = Buffer.from(noCloudSeed(new Map([["user-data", "x"]])));
    iso.writeUInt16LE(0xaa55, 510);
    const { format, content } = await inspectImage(bytes(iso));
    expect(format).toBe(ImageSpec_Format.ISO);
    expect(content).toMatchObject({ volumeLabel: "cidata", bootable: false });
  });
  it("an ISO that one can boot from, by its boot record", async () => {
    const iso = Buffer.from(noCloudSeed(new Map([["user-data", "x"]])));
    const [first, record] = [iso.subarray(0x8000, 0x8800), Buffer.alloc(2048)];
    record.write("\0CD001\u0001EL TORITO SPECIFICATION", "latin1");
    const grown = Buffer.concat([iso.subarray(0, 0x8000), first, record, iso.subarray(0x8800)]);
    grown.write("Debian 13.1.0 amd64 n".padEnd(32), 0x8000 + 40);
    expect((await inspectImage(bytes(grown))).content).toMatchObject({
      volumeLabel: "Debian 13.1.0 amd64 n",
      bootable: true,
    });
  });
  it("a file system without partitions", async () => {
    const ext4 = Buffer.alloc(1024 ** 2);
    ext4.writeUInt16LE(0xef53, 0x438);
    expect((await inspectImage(bytes(ext4))).format).toBe(ImageSpec_Format.RAW);
  });
});

describe("inspectImage refuses qcow2", () => {
  it.each([
    ["with a backing file", { backingFile: "/etc/shadow" }, "IMAGE_REFERS_TO_OTHER_FILES", /\/etc\/shadow/],
    ["with a backing file without a name", { backingFile: "" }, "IMAGE_REFERS_TO_OTHER_FILES", /no name/],
    [
      "with a data file",
      { incompatibleFeatures: 4n, dataFile: "/etc/passwd" },
      "IMAGE_REFERS_TO_OTHER_FILES",
      /passwd/,
    ],
    ["with a data file without a name", { incompatibleFeatures: 4n }, "IMAGE_REFERS_TO_OTHER_FILES", /data file/],
    ["that is encrypted", { encrypted: true }, "IMAGE_FORMAT_UNKNOWN", /encrypted/],
    ["with unknown features", { incompatibleFeatures: 64n }, "IMAGE_FORMAT_UNKNOWN", /0x40/],
    ["that is marked corrupt", { incompatibleFeatures: 2n }, "IMAGE_TRUNCATED", /corrupt/],
  ] as const)("%s", async (_, options, reason, message) => {
    expect(await refusal(qcow2Image(options))).toMatchObject({ reason, message: expect.stringMatching(message) });
  });

  it.each([50, 100, 70_000, 200_000, 4 * 65_536 + 1, 5 * 65_536])("cut off after %i bytes", async (length) => {
    expect((await refusal(qcow2Image().subarray(0, length))).reason).toBe("IMAGE_TRUNCATED");
  });

  it("whose table does not cover its size", async () => {
    const image = qcow2Image();
    image.writeBigUInt64BE(BigInt(1024 ** 4), 24);
    expect((await refusal(image)).reason).toBe("IMAGE_TRUNCATED");
  });

  it("whatever one corrupts in the header, without another error than ours", async () => {
    for (let at = 4; at < 128; at++) {
      const image = qcow2Image();
      image[at] = 0xff;
      await inspectImage(bytes(image)).catch((error: unknown) => expect(isProblem(error), `byte ${at}`).toBe(true));
    }
  });
});

describe("inspectImage refuses", () => {
  it.each([
    ["a VMDK's description", '# Disk DescriptorFile\nRW 4 FLAT "/etc/passwd" 0', /qemu-img convert/],
    ["a VDI", Buffer.concat([Buffer.alloc(64), Buffer.from("7f10dabe", "hex")]), /convert -f vdi/],
    ["gzip", Buffer.from("1f8b0800", "hex"), /gunzip/],
    ["xz", Buffer.from("fd377a585a00", "hex"), /unxz/],
    ["a web page", "\n<!DOCTYPE html><html>", /web page/],
    ["anything else", "hello", /neither qcow2/],
  ])("%s", async (_, content, message) => {
    const { reason, message: said } = await refusal(starting(content));
    expect(reason).toBe("IMAGE_FORMAT_UNKNOWN");
    expect(said).toMatch(message);
  });

  it("nothing at all", async () => {
    expect((await refusal(Buffer.alloc(0))).reason).toBe("IMAGE_TRUNCATED");
  });
  it("a GPT disk that was cut off", async () => {
    const disk = rawImage();
    disk.write("EFI PART", 512);
    disk.writeBigUInt64LE(BigInt(1024 ** 2), 544);
    expect((await refusal(disk)).reason).toBe("IMAGE_TRUNCATED");
  });
  it("an ISO that was cut off", async () => {
    const iso = Buffer.from(noCloudSeed(new Map([["user-data", "x".repeat(10_000)]])));
    expect((await refusal(iso.subarray(0, iso.length - 2048))).reason).toBe("IMAGE_TRUNCATED");
  });
});
