import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** qemu-img(1). Formats are always given: a guest that writes another header into its disk must not be believed. */
export class QemuImg {
  readonly #program: string;

  constructor(program = "qemu-img") {
    this.#program = program;
  }

  /** Makes a qcow2 file; `backing` is relative to its directory. */
  async create(path: string, options: CreateOptions): Promise<void> {
    const { sizeBytes, backing, thick } = options;
    const settings = ["compat=1.1"];
    if (thick) settings.push("preallocation=falloc");
    // Without subclusters an overlay cannot be preallocated.
    if (thick && backing) settings.push("extended_l2=on");
    const below = backing ? ["-b", backing.path, "-F", backing.format] : [];
    await this.#run(["create", "-q", "-f", "qcow2", "-o", settings.join(","), ...below, path, String(sizeBytes)]);
  }

  async grow(path: string, sizeBytes: number): Promise<void> {
    await this.#run(["resize", "-q", "-f", "qcow2", path, String(sizeBytes)]);
  }

  async #run(args: string[]): Promise<void> {
    try {
      await run(this.#program, args, { env: { LC_ALL: "C", PATH: "/usr/bin:/bin:/usr/local/bin" } });
    } catch (cause) {
      const said = (cause as { stderr?: string }).stderr?.trim();
      throw new Error(said || `${this.#program} ${args[0]} failed`, { cause });
    }
  }
}

export interface CreateOptions {
  sizeBytes: number;
  backing: { path: string; format: "qcow2" | "raw" } | undefined;
  thick: boolean;
}
