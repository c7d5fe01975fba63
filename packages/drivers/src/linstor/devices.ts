import { invalid } from "@limiquantix/api";
import { open, stat } from "node:fs/promises";
import type { QemuSource } from "../file-pool/qemu-source.ts";

const STEP = 1024 ** 2;

/** Of a volume: whole MiB, so that what is below LINSTOR can have it to the byte. */
export function wholeSize(sizeBytes: number): number {
  if (sizeBytes <= 0 || sizeBytes % 512 !== 0)
    throw invalid([{ field: "size_bytes", message: `a disk has whole sectors of 512 bytes, not ${sizeBytes} bytes` }]);
  return Math.ceil(sizeBytes / STEP) * STEP;
}

/** For `--target-image-opts`, from an offset on. */
export async function target(device: string, offset = 0): Promise<string> {
  const driver = (await stat(device)).isBlockDevice() ? "host_device" : "file";
  return `driver=raw,${offset > 0 ? `offset=${offset},` : ""}file.driver=${driver},file.filename=${device}`;
}

/** Written out they take all of a volume's room. */
export function zeros(sizeBytes: number): QemuSource {
  const file = { driver: "null-co", size: sizeBytes, "read-zeroes": true };
  return { name: `json:${JSON.stringify({ driver: "raw", file })}`, format: [], objects: [] };
}

/** Writes each block again that a device has: what shared it, or was not there, has room of its own then. */
export async function rewrite(device: string, sizeBytes: number, signal: AbortSignal): Promise<void> {
  const file = await open(device, "r+");
  try {
    const block = Buffer.alloc(STEP);
    for (let at = 0; at < sizeBytes; at += STEP) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(block, 0, STEP, at);
      await file.write(block, 0, bytesRead, at);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

export async function writeBytes(device: string, bytes: Uint8Array): Promise<void> {
  const file = await open(device, "r+");
  try {
    await file.write(bytes, 0, bytes.length, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}
