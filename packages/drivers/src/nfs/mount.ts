import { problem, Reason } from "@limiquantix/api";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

const MOUNT_LIMIT_MS = 40_000;
const UNMOUNT_LIMIT_MS = 4000;

export interface Mount {
  /** `server:/export`. */
  source: string;
  /** nfs, nfs4, … */
  type: string;
  /** Those of the file system, such as `vers=4.2`. */
  options: string[];
}

/**
 * What is mounted there, the topmost, by proc_pid_mountinfo(5). Read at once and not in a thread of its own: threads may
 * all be waiting for a server, and this file asks none.
 */
export function mountedAt(directory: string, mountinfo = readFileSync("/proc/self/mountinfo", "utf8")) {
  let found: Mount | undefined;
  for (const line of mountinfo.split("\n")) {
    const [before = "", after = ""] = line.split(" - ", 2);
    if (unescaped(before.split(" ")[4] ?? "") !== directory) continue;
    const [type = "", source = "", options = ""] = after.split(" ");
    found = { type, source: unescaped(source), options: options.split(",") };
  }
  return found;
}

/** Space, tab, newline and backslash are written as octal numbers. */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}

/** Mounts, and throws what keeps it from being mounted: POOL_UNAVAILABLE, or UNSUPPORTED where the kernel has no client. */
export async function mount(pool: string, what: { source: string; directory: string; options: string }): Promise<void> {
  const { source, directory, options } = what;
  try {
    await run("mount.nfs", [source, directory, "-o", options], { timeout: MOUNT_LIMIT_MS, killSignal: "SIGKILL" });
  } catch (error) {
    const { stderr = "", code, killed } = error as { stderr?: string; code?: unknown; killed?: boolean };
    if (code === "ENOENT") throw away("mount.nfs is not installed (package nfs-common)", error);
    if (/No such device|unknown filesystem type/.test(stderr))
      throw problem(
        Reason.UNSUPPORTED,
        { what: "an NFS mount", why: "the kernel of this host has no NFS client" },
        { cause: error },
      );
    if (killed) throw away(`${source} did not answer within ${MOUNT_LIMIT_MS / 1000} s`, error);
    throw away(stderr.replaceAll("mount.nfs: ", "").trim().split("\n").join("; ") || "mount.nfs failed", error);
  }

  function away(cause: string, error: unknown) {
    return problem(Reason.POOL_UNAVAILABLE, { pool, cause }, { cause: error });
  }
}

/**
 * Unmounts what nobody uses; false: a guest does. Where the server does not answer the mount is taken out of sight, and goes
 * when its last user does.
 */
export async function unmount(directory: string): Promise<boolean> {
  while (mountedAt(directory)) {
    try {
      await run("umount", ["-i", directory], { timeout: UNMOUNT_LIMIT_MS, killSignal: "SIGKILL" });
    } catch (error) {
      const { stderr = "", killed } = error as { stderr?: string; killed?: boolean };
      if (/not mounted/.test(stderr)) continue;
      if (/busy/.test(stderr)) return false;
      if (!killed) throw new Error(`unmount ${directory}: ${stderr.trim()}`, { cause: error });
      await run("umount", ["-i", "-l", directory], { timeout: UNMOUNT_LIMIT_MS, killSignal: "SIGKILL" });
    }
  }
  return true;
}
