import type { DiskSource } from "@limiquantix/node";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { qemuSource } from "../file-pool/qemu-source.ts";
import { writableBelow } from "../nfs/nfs-qemu-img.ts";

const run = promisify(execFile);

/** Writes into a disk as a guest does that has it. */
export async function writeDisk(source: DiskSource, offset: number, bytes: Uint8Array): Promise<void> {
  await inFile(bytes, (path) => qemuIo(source, [], `write -s ${path} ${offset} ${bytes.length}`));
}

/** Reads from a disk, whoever has it open. */
export async function readDisk(source: DiskSource, offset: number, length: number): Promise<Uint8Array> {
  const dump = await qemuIo(source, ["-r", "-U"], `read -v ${offset} ${length}`);
  return bytesOfDump(dump);
}

/** What qemu-io's `read -v` prints. */
export function bytesOfDump(dump: string): Uint8Array {
  const hex = [...dump.matchAll(/^[0-9a-f]{8,}: {2}((?:[0-9a-f]{2} ){1,16})/gm)].map((line) => line[1] ?? "");
  return new Uint8Array(Buffer.from(hex.join("").replaceAll(" ", ""), "hex"));
}

/** A qcow2 file that begins with `contents`. */
export async function qcow2File(virtualSizeBytes: number, contents?: Uint8Array): Promise<Uint8Array> {
  return inFile(new Uint8Array(), async (path) => {
    await run("qemu-img", ["create", "-q", "-f", "qcow2", path, String(virtualSizeBytes)]);
    if (contents) await writeDisk({ kind: "file", path, format: "qcow2" }, 0, contents);
    return new Uint8Array(await readFile(path));
  });
}

interface MergePlan {
  top: string;
  base: string;
  active: boolean;
}

/** What the hypervisor does for a guest that has `guestTop`: it merges, and names the lower file where it is over it. */
export async function mergeFiles({ top, base, active }: MergePlan, guestTop: string): Promise<void> {
  await run("qemu-img", ["commit", "-q", "-d", "-f", "qcow2", top]);
  if (!active) await renameBelow(top, base, guestTop);
}

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/")).replace(/\?.*/, "");
}

/** Names `base` in what is over `top`. */
async function renameBelow(top: string, base: string, guestTop: string): Promise<void> {
  const { stdout } = await run("qemu-img", ["info", "-f", "qcow2", "--backing-chain", "--output=json", guestTop]);
  const chain = (JSON.parse(stdout) as { filename: string }[]).map(({ filename }) => filename);
  const above = chain[chain.findIndex((path) => path.includes(nameIn(top))) - 1];
  if (above === undefined) throw new Error(`${top} is not below ${guestTop}: ${chain.join(", ")}`);
  await run("qemu-img", ["rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", base, above]);
}

/** The same on an export, where layers are named by `sourceName` and headers have that. */
export async function mergeOnExport(plan: MergePlan, guestTop: string): Promise<void> {
  const url = (name: string) => `${name}?uid=0&gid=0`;
  await run("qemu-img", ["commit", "-q", "-d", writableBelow(url(plan.top)).name]);
  if (!plan.active) await renameBelow(url(plan.top), url(plan.base), url(guestTop));
}

async function qemuIo(source: DiskSource, options: string[], command: string): Promise<string> {
  const { name, format, objects } = qemuSource(source);
  const { stdout } = await run("qemu-io", [...options, ...objects, ...format, "-c", command, name]);
  if (/failed|Could not|error/i.test(stdout)) throw new Error(`${command}: ${stdout.slice(0, 400)}`);
  return stdout;
}

async function inFile<T>(bytes: Uint8Array, work: (path: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "lqx-disk-"));
  try {
    const path = join(directory, "bytes");
    await writeFile(path, bytes);
    return await work(path);
  } finally {
    await rm(directory, { recursive: true });
  }
}
