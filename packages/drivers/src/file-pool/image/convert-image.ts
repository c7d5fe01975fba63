import { problem, Reason } from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { Space } from "../pool-failure.ts";
import { fileSource } from "./byte-source.ts";
import { ConfinedQemuImg } from "./confined-qemu-img.ts";
import { type ConversionPlan, planConversion } from "./conversion-plan.ts";
import { type Inspected, inspectImage } from "./inspect-image.ts";

/** A file of some KiB may claim any size: no guest is given a disk larger than this. */
const MOST_VIRTUAL_BYTES = 64 * 1024 ** 4;
/** What qcow2 needs beside the data: tables of 8 bytes per cluster of 64 KiB and some more. */
const TABLES = 1 / 1024;
const READ_BYTES = 1024 * 1024;

export interface Converted extends Inspected {
  sizeBytes: number;
  sha256: string;
  plan: ConversionPlan;
}

/** Makes a qcow2 file `target` of the VMDK, VHD, VHDX or OVA at `path`, and looks at it as at any that a stranger sends. */
export async function convertImage(options: {
  path: string;
  target: string;
  /** What the pool has left. */
  space: Space;
  signal: AbortSignal;
  onProgress: (percent: number) => void;
}): Promise<Converted> {
  const { path, target, space, signal, onProgress } = options;
  await using source = await open(path, "r");
  const plan = await planConversion(await fileSource(source));
  if (!plan) throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why: "it is nothing that is converted" });
  const qemuImg = new ConfinedQemuImg();
  const confined = { source: path, disk: plan.disk, signal };
  const virtualSizeBytes = await qemuImg.virtualSizeBytes(confined);
  if (virtualSizeBytes > MOST_VIRTUAL_BYTES || virtualSizeBytes <= 0) {
    const why = `its disk has ${formatBytes(virtualSizeBytes)}, and at most ${formatBytes(MOST_VIRTUAL_BYTES)} are taken`;
    throw problem(Reason.IMAGE_FORMAT_UNKNOWN, { why });
  }
  // A file that unpacks to more than its disk has is not honest; one that fills the pool would harm others.
  const mostBytes = Math.min(Math.ceil(virtualSizeBytes * (1 + TABLES)) + 4 * 1024 ** 2, space.availableBytes);
  await using made = await open(target, "w+", 0o600);
  await qemuImg.convert(confined, { target, mostBytes, onProgress });
  await made.sync();
  const inspected = await inspectImage(await fileSource(made));
  return { ...inspected, ...(await measured(made, signal)), plan };
}

async function measured(file: FileHandle, signal: AbortSignal): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash("sha256");
  const source = await fileSource(file);
  for (let at = 0; at < source.size; at += READ_BYTES) {
    signal.throwIfAborted();
    hash.update(await source.read(at, READ_BYTES));
  }
  return { sizeBytes: source.size, sha256: hash.digest("hex") };
}
