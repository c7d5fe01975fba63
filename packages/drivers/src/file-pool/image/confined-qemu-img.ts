import { problem, Reason } from "@limiquantix/api";
import { errnoOf } from "../../files/errno.ts";
import { followProgram } from "../follow-program.ts";
import type { DiskPart } from "./conversion-plan.ts";

/** Of memory; qemu-img takes some tens of MiB. */
const MOST_ADDRESS_SPACE = 4 * 1024 ** 3;
/** Of a processor. */
const MOST_SECONDS = 6 * 3600;
/** What a shell's rules make of SIGXFSZ: more was written than RLIMIT_FSIZE allows (setrlimit(2)). */
const FILE_TOO_LARGE = 128 + 25;

export interface Confined {
  source: string;
  disk: DiskPart;
  signal: AbortSignal;
}

/**
 * qemu-img(1) on a file that a stranger made. It runs in namespaces of its own (bwrap(1)): no network, no other process, no
 * privilege, no environment, and of all files only its own program's (/usr, to read), the source, to read, and the target.
 * prlimit(1) bounds its memory, its time and what it writes. It dies with us. There is no running it without all that.
 */
export class ConfinedQemuImg {
  /** Bytes of the disk that a guest would see. */
  async virtualSizeBytes({ source, disk, signal }: Confined): Promise<number> {
    const args = ["info", "--output=json", "--image-opts", imageOptions(disk)];
    const said = await this.#run(args, { source, signal, mostBytes: 0 });
    const info = JSON.parse(said) as { "virtual-size": number; "backing-filename"?: string };
    const below = info["backing-filename"];
    if (below !== undefined) throw problem(Reason.IMAGE_REFERS_TO_OTHER_FILES, { file: below });
    return info["virtual-size"];
  }

  /** Writes the disk as qcow2 into `target`, an empty file, which may become `mostBytes` large. */
  async convert(
    { source, disk, signal }: Confined,
    options: { target: string; mostBytes: number; onProgress: (percent: number) => void },
  ): Promise<void> {
    const args = ["convert", "-p", "--image-opts", "-O", "qcow2", "-o", "compat=1.1", imageOptions(disk), "/target"];
    await this.#run(args, { source, signal, ...options });
  }

  async #run(
    args: readonly string[],
    options: {
      source: string;
      target?: string;
      signal: AbortSignal;
      mostBytes: number;
      onProgress?: (percent: number) => void;
    },
  ): Promise<string> {
    const { source, target, signal, mostBytes, onProgress } = options;
    signal.throwIfAborted();
    const visible = ["--ro-bind", source, "/source", ...(target ? ["--bind", target, "/target"] : [])];
    const limits = [
      `--as=${MOST_ADDRESS_SPACE}`,
      `--cpu=${MOST_SECONDS}`,
      `--fsize=${mostBytes}`,
      "--core=0",
      "--nofile=64",
    ];
    const command = [
      ...confinement,
      ...visible,
      "--",
      "/usr/bin/prlimit",
      ...limits,
      "--",
      "/usr/bin/qemu-img",
      ...args,
    ];
    try {
      const { code, output, words } = await followProgram("bwrap", command, { env: environment, signal, onProgress });
      if (code === 0) return output;
      throw failure(code, words);
    } catch (error) {
      throw errnoOf(error) === "ENOENT" ? unconfined(error) : error;
    }
  }
}

const environment = { PATH: "/usr/bin:/bin:/usr/local/bin" };

const confinement = [
  ["--unshare-all"],
  ["--die-with-parent"],
  ["--new-session"],
  ["--clearenv"],
  ["--setenv", "LC_ALL", "C"],
  ["--cap-drop", "ALL"],
  ["--ro-bind", "/usr", "/usr"],
  ["--symlink", "usr/lib", "/lib"],
  ["--ro-bind-try", "/lib64", "/lib64"],
  ["--dev-bind", "/dev/null", "/dev/null"],
  ["--chdir", "/"],
].flat();

/** The disk in /source, by a driver that is named: nothing is probed. */
function imageOptions({ driver, offset, sizeBytes }: DiskPart): string {
  // What its header says its size is; QEMU would believe the geometry of some exporters, which is smaller.
  const vhd = driver === "vpc" ? ",force_size_calc=current_size" : "";
  // QEMU takes parts in whole sectors; a tar archive has zeros there.
  const size = Math.ceil(sizeBytes / 512) * 512;
  const file =
    offset === 0
      ? "file.driver=file,file.filename=/source"
      : `file.driver=raw,file.offset=${offset},file.size=${size},file.file.driver=file,file.file.filename=/source`;
  return `driver=${driver}${vhd},${file}`;
}

function failure(code: number | null, words: string): Error {
  if (/No space left on device|File too large/.test(words) || code === FILE_TOO_LARGE)
    return Object.assign(new Error(words || "the disk does not fit"), { code: "ENOSPC" });
  if (/^(bwrap|prlimit): /m.test(words)) return unconfined(new Error(words));
  const why = words.replaceAll("/source", "the file").replace(/^qemu-img: /gm, "");
  return problem(Reason.IMAGE_TRUNCATED, { why: why || `qemu-img ended with ${code ?? "a signal"}` });
}

function unconfined(cause: unknown) {
  const why = `bubblewrap does not work on this host, and without it no file is converted: ${(cause as Error).message}`;
  return problem(Reason.UNSUPPORTED, { what: "converting an image", why }, { cause });
}
