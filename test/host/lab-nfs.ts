import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./stack.ts";

const run = promisify(execFile);
const lab = join(root, "tools/lab/nfs");
const SERVER = "127.0.0.1";

/** A real NFSv3 server for as long as a test runs, of whose export nothing is mounted. */
export class LabNfs implements AsyncDisposable {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async up(): Promise<LabNfs> {
    const nfs = new LabNfs(await mkdtemp(join(tmpdir(), "lqx-nfs-")));
    await mkdir(nfs.exported);
    await run(lab, ["up", join(nfs.#directory, "server"), nfs.exported]);
    return nfs;
  }

  /** The directory itself, beside the server. */
  get exported(): string {
    return join(this.#directory, "export");
  }

  /** As `lqx pool add nfs` has it. */
  get source(): string {
    return `${SERVER}:${this.exported}`;
  }

  /** What qemu-img calls a file. */
  fileName(path: string): string {
    return `nfs://${SERVER}${path}?uid=0&gid=0`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run(lab, ["down", join(this.#directory, "server")]);
    await rm(this.#directory, { recursive: true });
  }
}
