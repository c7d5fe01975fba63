import { newId } from "@limiquantix/kit";
import type { DiskFormat, DiskSource } from "@limiquantix/node";
import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
export type FileSource = Extract<DiskSource, { kind: "file" }>;

/** Disks as plain files in a directory, made by qemu-img; for tests of what opens them. */
export class DiskFiles implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<DiskFiles> {
    // In memory, where O_DIRECT works as well: what else the machine's disk is busy with slows no test.
    const directory = join("/dev/shm", `lqx-${newId()}`);
    await mkdir(directory, { recursive: true });
    return new DiskFiles(directory);
  }

  path(extension: string): string {
    return join(this.directory, `${newId()}.${extension}`);
  }

  async empty(sizeBytes: number, format: DiskFormat = "qcow2"): Promise<FileSource> {
    const path = this.path(format);
    await run("qemu-img", ["create", "-q", "-f", format, path, String(sizeBytes)]);
    return { kind: "file", path, format };
  }

  async layer(below: DiskSource): Promise<FileSource> {
    if (below.kind !== "file") throw new Error(`no layers over ${below.kind}`);
    const path = this.path("qcow2");
    await run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", below.path, "-F", below.format, path]);
    return { kind: "file", path, format: "qcow2" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true });
  }
}
