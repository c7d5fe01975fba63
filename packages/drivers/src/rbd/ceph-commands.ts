import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A cluster that lost its monitors or its OSDs is given up by the programs themselves, in seconds (ceph.conf(5)). */
const CONNECT_SECONDS = 5;
const OPERATION_SECONDS = 15;
/** For what takes no longer than a few round trips. */
const QUICK_MS = 30_000;
/** Ceph's own hour is over before a host that hangs wakes up; nobody sleeps for ten years. */
const BLOCKLIST_SECONDS = 10 * 365 * 86_400;
const MAX_OUTPUT = 256 * 1024 ** 2;

export interface CephAccess {
  /** host:port each. */
  monitors: readonly string[];
  /** Without the `client.`; empty: the cluster has no authentication. */
  user: string;
  /** base64. */
  key: string;
  features: readonly string[];
}

/** What a program of Ceph said no with. */
export class CephError extends Error {
  /** As in errno(3); 110 also where a program was ended because it did not answer. */
  readonly errno: number;

  constructor(message: string, errno: number, cause?: unknown) {
    super(message, { cause });
    this.errno = errno;
  }
}

export const Errno = {
  EPERM: 1,
  ENOENT: 2,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  ENOSPC: 28,
  ENOTEMPTY: 39,
  ENODATA: 61,
  ENOTCONN: 107,
  ESHUTDOWN: 108,
  ETIMEDOUT: 110,
  EDQUOT: 122,
} as const;

export function isErrno(error: unknown, ...errnos: number[]): boolean {
  return error instanceof CephError && errnos.includes(error.errno);
}

const READ_ATTEMPTS = 3;

interface RunOptions {
  /** It works on data, and takes as long as it takes. */
  long?: boolean;
  signal?: AbortSignal | undefined;
  input?: Uint8Array;
  /** How its output is read: utf8 unless told. */
  encoding?: "latin1";
}

/**
 * rbd(8), rados(8) and ceph(8) as one user of one cluster. The key is in files that only we can read, in a directory that
 * goes with this object: it is in no argument and in no message.
 */
export class CephCommands implements AsyncDisposable {
  readonly conf: string;
  /** Holds the key, base64; undefined: there is none. */
  readonly keyFile: string | undefined;
  readonly user: string;
  readonly #directory: string;

  private constructor(directory: string, access: CephAccess) {
    this.#directory = directory;
    this.conf = join(directory, "ceph.conf");
    this.keyFile = access.user ? join(directory, "key") : undefined;
    this.user = access.user || "admin";
  }

  /** `runtimeDirectory` lies in memory (/run). What a daemon that was killed left of this pool is removed. */
  static async make(runtimeDirectory: string, pool: string, access: CephAccess): Promise<CephCommands> {
    await mkdir(runtimeDirectory, { recursive: true, mode: 0o700 });
    await chmod(runtimeDirectory, 0o700);
    const mine = `${pool}.${process.pid}.`;
    for (const name of await readdir(runtimeDirectory))
      if (name.startsWith(`${pool}.`) && !name.startsWith(mine))
        await rm(join(runtimeDirectory, name), { recursive: true });
    const commands = new CephCommands(await mkdtemp(join(runtimeDirectory, mine)), access);
    await commands.#write("ceph.conf", configuration(access, commands.#path("keyring")));
    if (access.user) {
      await commands.#write("keyring", `[client.${access.user}]\n\tkey = ${access.key}\n`);
      await commands.#write("key", access.key);
    }
    return commands;
  }

  async rbd(args: readonly string[], options?: RunOptions): Promise<string> {
    return this.#run("rbd", args, options);
  }

  /** For what changes nothing: rbd of Ceph 16 crashes now and then as it ends (a mutex that is gone), and is asked again. */
  async rbdJson<T>(args: readonly string[]): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return JSON.parse(await this.rbd([...args, "--format", "json"])) as T;
      } catch (error) {
        if (!hasCrashed(error) || attempt === READ_ATTEMPTS) throw error;
      }
    }
  }

  async rados(args: readonly string[]): Promise<string> {
    return this.#run("rados", args);
  }

  async ceph(args: readonly string[]): Promise<string> {
    return this.#run("ceph", args);
  }

  /** Keeps a client (IP:port/nonce) from the cluster, until `forSeconds` are over or for good. */
  async blocklist(address: string, forSeconds = BLOCKLIST_SECONDS): Promise<void> {
    await this.ceph(["osd", "blocklist", "add", address, String(forSeconds)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
    const { long = false, signal, input, encoding = "utf8" } = options;
    const running = run(program, ["-c", this.conf, "-n", `client.${this.user}`, ...args], {
      env: { LC_ALL: "C", PATH: "/usr/bin:/bin:/usr/local/bin" },
      maxBuffer: MAX_OUTPUT,
      timeout: long ? 0 : QUICK_MS,
      killSignal: "SIGKILL",
      encoding,
      signal,
    });
    // One that ends early leaves the pipe broken; its own words say more.
    running.child.stdin?.on("error", () => {}).end(input);
    try {
      return (await running).stdout;
    } catch (cause) {
      signal?.throwIfAborted();
      throw failure(program, args, cause);
    }
  }

  #path(name: string): string {
    return join(this.#directory, name);
  }

  async #write(name: string, content: string): Promise<void> {
    await writeFile(this.#path(name), content, { mode: 0o600, flag: "wx" });
  }
}

function configuration({ monitors, user, features }: CephAccess, keyring: string): string {
  const auth = user ? "cephx" : "none";
  const settings = {
    mon_host: monitors.map(monitorAddress).join(","),
    auth_cluster_required: auth,
    auth_service_required: auth,
    auth_client_required: auth,
    keyring,
    admin_socket: "",
    log_file: "",
    client_mount_timeout: CONNECT_SECONDS,
    rados_mon_op_timeout: CONNECT_SECONDS,
    rados_osd_op_timeout: OPERATION_SECONDS,
    rbd_default_clone_format: 2,
    rbd_default_features: features.join(","),
    // Whose lock is broken is kept from writing.
    rbd_blocklist_on_break_lock: true,
    rbd_move_to_trash_on_remove: false,
  };
  return `[global]\n${Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("")}`;
}

function hasCrashed(error: unknown): boolean {
  const { signal } = ((error as Error).cause ?? {}) as { signal?: NodeJS.Signals | null };
  return signal === "SIGABRT" || signal === "SIGSEGV";
}

function monitorAddress(monitor: string): string {
  const at = monitor.lastIndexOf(":");
  const host = monitor.slice(0, at);
  return isIPv6(host) ? `[${host}]:${monitor.slice(at + 1)}` : monitor;
}

function failure(program: string, args: readonly string[], cause: unknown): Error {
  const { code, killed, stderr } = cause as { code?: number | string; killed?: boolean; stderr?: string };
  if (code === "ENOENT")
    return new CephError(`${program} is not installed on this host (ceph-common)`, Errno.ETIMEDOUT, cause);
  const words = wordsOf(program, stderr ?? "");
  if (killed) return new CephError(`${program} ${args[0]} did not answer`, Errno.ETIMEDOUT, cause);
  if (/couldn't connect to (the )?cluster|Error connecting to the cluster/i.test(stderr ?? ""))
    return new CephError(words, Errno.ETIMEDOUT, cause);
  // rbd ends with the number of the error, rados says it.
  const said = Number([...words.matchAll(/\((\d+)\)/g)].at(-1)?.[1]);
  const errno = typeof code === "number" && code > 1 ? code : said || Number(code) || 0;
  return new CephError(words || `${program} ${args.slice(0, 2).join(" ")} ended with ${code}`, errno, cause);
}

/** The program's own first line, which says what went wrong; librbd's and the messenger's are dated. */
function wordsOf(program: string, stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const own =
    lines.find((line) => line.startsWith(`${program}: `)) ?? lines.find((line) => !/^\d{4}-\d\d-\d\dT/.test(line));
  return (own ?? lines.at(-1) ?? "").replace(`${program}: `, "").trim();
}
