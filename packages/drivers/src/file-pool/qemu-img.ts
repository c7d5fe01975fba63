import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Following, followProgram } from "./follow-program.ts";
import type { QemuSource } from "./qemu-source.ts";

const run = promisify(execFile);

const environment = { LC_ALL: "C", PATH: "/usr/bin:/bin:/usr/local/bin" };

/** Also where we are killed (setpriv(1), prctl(2) PR_SET_PDEATHSIG): nothing writes on while the next of us looks. */
const DIES_WITH_US = ["--pdeathsig", "KILL"];

/** qemu-img(1). Formats are always given: a guest that writes another header into its disk must not be believed. */
export class QemuImg {
  readonly #program: string;
  readonly #preallocation: Preallocation;
  readonly #quickMs: number;

  /** `quickMs`: after which what takes no time is ended; 0: never. */
  constructor(
    program = "qemu-img",
    options: { preallocation?: Preallocation | undefined; quickMs?: number | undefined } = {},
  ) {
    this.#program = program;
    this.#preallocation = options.preallocation ?? "falloc";
    this.#quickMs = options.quickMs ?? 0;
  }

  /** Makes a qcow2 file; `backing` is relative to its directory. What is below is not opened: a guest may write it. */
  async create(path: string, options: CreateOptions): Promise<void> {
    const { sizeBytes, backing, thick } = options;
    const below = backing ? ["-u", "-b", backing.path, "-F", backing.format] : [];
    const what = ["-f", "qcow2", "-o", this.#settings({ backing, thick })];
    await this.#run(["create", "-q", ...what, ...below, path, String(sizeBytes)]);
  }

  async grow(path: string, sizeBytes: number, { thick }: { thick: boolean }): Promise<void> {
    const room = thick ? [`--preallocation=${this.#preallocation}`] : [];
    await this.#run(["resize", "-q", "-f", "qcow2", ...room, path, String(sizeBytes)]);
  }

  async createRaw(path: string, { sizeBytes, thick }: { sizeBytes: number; thick: boolean }): Promise<void> {
    const room = thick ? ["-o", "preallocation=falloc"] : [];
    await this.#run(["create", "-q", "-f", "raw", ...room, path, String(sizeBytes)]);
  }

  async growRaw(path: string, sizeBytes: number): Promise<void> {
    await this.#run(["resize", "-q", "-f", "raw", path, String(sizeBytes)]);
  }

  /** Throws what `isLocked` knows while another process has the file open for writing. */
  async assertUnlocked(path: string, format: "qcow2" | "raw" = "qcow2"): Promise<void> {
    await this.#run(["info", "-f", format, path]);
  }

  /** Of a disk, by whatever it is reached. */
  async virtualSizeBytes(from: QemuSource): Promise<number> {
    const said = await this.#run(["info", "--output=json", ...from.objects, ...from.format, from.name]);
    return (JSON.parse(said) as { "virtual-size": number })["virtual-size"];
  }

  /** Reads a disk into a new qcow2 file, but for what is in `backing`, which is right below both. */
  async convert(from: QemuSource, to: string, options: ConvertOptions): Promise<void> {
    const { backing, thick, signal, onProgress } = options;
    const below = backing ? ["-B", backing.path, "-F", backing.format] : [];
    const formats = [...from.format, "-O", "qcow2", "-o", this.#settings({ backing, thick })];
    await this.#follow(["convert", "-p", ...from.objects, ...formats, ...below, from.name, to], { signal, onProgress });
  }

  /** Reads a disk into a new raw file. */
  async convertRaw(from: QemuSource, to: string, options: Omit<ConvertOptions, "backing">): Promise<void> {
    const { thick, signal, onProgress } = options;
    const room = thick ? ["-o", "preallocation=falloc"] : [];
    const args = ["convert", "-p", ...from.objects, ...from.format, "-O", "raw", ...room, from.name, to];
    await this.#follow(args, { signal, onProgress });
  }

  /** Puts a qcow2 file over another one of its chain, and copies into it what lay between the two. */
  async rebase(path: string, backing: Backing, { signal, onProgress }: Following): Promise<void> {
    const below = ["-b", backing.path, "-F", backing.format];
    await this.#follow(["rebase", "-p", "-f", "qcow2", ...below, path], { signal, onProgress });
  }

  /** Reads a disk into one that is there and has nothing but zeros, described as `--image-opts` are. `thick`: zeros are written too. */
  async fill(from: QemuSource, to: string, options: Omit<ConvertOptions, "backing">): Promise<void> {
    const { thick, signal, onProgress } = options;
    const zeros = thick ? ["-S", "0"] : ["--target-is-zero"];
    const args = ["-p", "-n", ...zeros, ...from.objects, ...from.format, "--target-image-opts", from.name, to];
    await this.#follow(["convert", ...args], { signal, onProgress });
  }

  /** Writes what `path` has over the file right below it into that file. `path` stays as it is, and so does what one reads in it. */
  async commit(path: string, following: Following): Promise<void> {
    await this.commitOf({ name: path, format: ["-f", "qcow2"], objects: [] }, following);
  }

  protected async commitOf(top: QemuSource, { signal, onProgress }: Following): Promise<void> {
    await this.#follow(["commit", "-p", "-d", ...top.format, top.name], { signal, onProgress });
  }

  #settings({ backing, thick }: Pick<CreateOptions, "backing" | "thick">): string {
    const list = ["compat=1.1"];
    if (thick) list.push(`preallocation=${this.#preallocation}`);
    // Without subclusters an overlay cannot be preallocated.
    if (thick && backing) list.push("extended_l2=on");
    return list.join(",");
  }

  async #follow(args: string[], following: Following): Promise<void> {
    const command = [...DIES_WITH_US, this.#program, ...args];
    const { code, words } = await followProgram("setpriv", command, { env: environment, ...following });
    if (code !== 0) throw new Error(words || `${this.#program} ${args[0]} failed`);
  }

  async #run(args: string[]): Promise<string> {
    try {
      const options = { env: environment, timeout: this.#quickMs, killSignal: "SIGKILL" } as const;
      return (await run("setpriv", [...DIES_WITH_US, this.#program, ...args], options)).stdout;
    } catch (cause) {
      const said = (cause as { stderr?: string }).stderr?.trim();
      throw new Error(said || `${this.#program} ${args[0]} failed`, { cause });
    }
  }
}

/** Whether QEMU's image locks are the cause: another process has the file open. */
export function isLocked(error: unknown): boolean {
  return /Failed to get (shared )?"[a-z ]+" lock/.test(String(error));
}

type Preallocation = "falloc" | "metadata";

/** What lies below a file; the path is relative to its directory. */
export interface Backing {
  path: string;
  format: "qcow2" | "raw";
}

export interface CreateOptions {
  sizeBytes: number;
  backing: Backing | undefined;
  thick: boolean;
}

export interface ConvertOptions extends Following {
  backing: Backing | undefined;
  thick: boolean;
}
