import { create } from "@bufbuild/protobuf";
import { type ImageContent, ImageContentSchema, ImageSpec_Format, problem, Reason } from "@limiquantix/api";
import { type ByteSource, partOf } from "./byte-source.ts";
import { inspectImage } from "./inspect-image.ts";
import { readOva } from "./ova.ts";
import { checkVhd, isVhd } from "./vhd.ts";
import { checkVmdk, VMDK_MAGIC } from "./vmdk.ts";

/** How a file of another format becomes a qcow2 image. */
export interface ConversionPlan {
  original: ImageSpec_Format;
  disk: DiskPart;
  content: ImageContent | undefined;
}

/** Where in the file the disk lies, and by which of its drivers QEMU reads it. */
export interface DiskPart {
  driver: "vmdk" | "vpc" | "vhdx" | "qcow2" | "raw";
  offset: number;
  sizeBytes: number;
}

const VHDX_MAGIC = Buffer.from("vhdxfile", "latin1");
const TAR_MAGIC = Buffer.from("ustar", "latin1");
const TAR_MAGIC_AT = 257;

/**
 * By the content: a VMDK, VHD, VHDX or OVA; undefined for all else. Throws what is wrong with the file, and does so for
 * every one that names other files, before a program that would open those has seen it.
 */
export async function planConversion(source: ByteSource): Promise<ConversionPlan | undefined> {
  const head = await source.read(0, 512);
  if (head.subarray(TAR_MAGIC_AT, TAR_MAGIC_AT + TAR_MAGIC.length).equals(TAR_MAGIC)) return planOva(source);
  const found = await diskIn(source, head);
  if (!found) return undefined;
  return {
    original: found.original,
    disk: { driver: found.driver, offset: 0, sizeBytes: source.size },
    content: undefined,
  };
}

async function planOva(source: ByteSource): Promise<ConversionPlan> {
  const { envelope, disk } = await readOva(source);
  const part = partOf(source, disk.offset, disk.sizeBytes);
  const found = await diskIn(part, await part.read(0, 512));
  const driver = found?.driver ?? (await plainDriver(part));
  const { osName, memoryMib, cpuCores, firmware } = envelope;
  return {
    original: ImageSpec_Format.OVA,
    disk: { driver, offset: disk.offset, sizeBytes: disk.sizeBytes },
    content: create(ImageContentSchema, {
      osName,
      hardware: { minMemoryMib: BigInt(memoryMib), cpuCores, firmware },
    }),
  };
}

async function diskIn(
  source: ByteSource,
  head: Buffer,
): Promise<{ original: ImageSpec_Format; driver: DiskPart["driver"] } | undefined> {
  if (head.subarray(0, VMDK_MAGIC.length).equals(VMDK_MAGIC)) {
    await checkVmdk(source);
    return { original: ImageSpec_Format.VMDK, driver: "vmdk" };
  }
  // One that is the difference to another file is refused by QEMU, which reads no parent of a VHDX.
  if (head.subarray(0, VHDX_MAGIC.length).equals(VHDX_MAGIC))
    return { original: ImageSpec_Format.VHDX, driver: "vhdx" };
  if (await isVhd(source, head)) {
    await checkVhd(source);
    return { original: ImageSpec_Format.VHD, driver: "vpc" };
  }
  return undefined;
}

/** Some export qcow2 or raw disks in an OVA. */
async function plainDriver(source: ByteSource): Promise<"qcow2" | "raw"> {
  const { format } = await inspectImage(source);
  if (format === ImageSpec_Format.QCOW2) return "qcow2";
  if (format === ImageSpec_Format.RAW) return "raw";
  throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: "the disk in it is an ISO" });
}
