import { execFile } from "node:child_process";

export interface CommandOptions {
  timeoutMs: number;
  /** Exit statuses that are answers, not failures. */
  okStatuses?: readonly number[];
  input?: Uint8Array | string | undefined;
}

/** Runs programs of the host. Arguments are seen by everybody on the host: no secret is in them. */
export interface HostCommands {
  /** What it writes to standard output. CommandError. */
  run(program: string, args: readonly string[], options: CommandOptions): Promise<string>;
}

export class CommandError extends Error {
  readonly program: string;
  /** Undefined: it did not run, or did not answer. */
  readonly status: number | undefined;
  readonly said: string;

  constructor(options: { program: string; status: number | undefined; said: string; cause?: unknown }) {
    super(`${options.program}: ${options.said}`, { cause: options.cause });
    this.program = options.program;
    this.status = options.status;
    this.said = options.said;
  }
}

/** A process that waits for a dead disk cannot be killed; it is given up. */
const GIVE_UP_MS = 2000;

export const hostCommands: HostCommands = {
  run(program, args, { timeoutMs, okStatuses = [], input }) {
    return new Promise((resolve, reject) => {
      const fail = (said: string, status?: number, cause?: unknown) =>
        reject(new CommandError({ program: nameOf(program, args), status, said, cause }));
      const silent = `it did not answer within ${Math.round(timeoutMs / 1000)} s`;
      const givenUp = setTimeout(() => fail(silent), timeoutMs + GIVE_UP_MS);
      const options = {
        env: { LC_ALL: "C", PATH: "/usr/sbin:/usr/bin:/sbin:/bin" },
        maxBuffer: 256 * 1024 ** 2,
        timeout: timeoutMs,
        killSignal: "SIGKILL" as const,
      };
      const child = execFile(program, args, options, (error, stdout, stderr) => {
        clearTimeout(givenUp);
        if (!error) return resolve(stdout);
        if (typeof error.code === "number" && okStatuses.includes(error.code)) return resolve(stdout);
        if (error.code === "ENOENT") return fail("it is not installed on this host", undefined, error);
        if (error.killed) return fail(silent, undefined, error);
        fail(wordsOf(stderr) || wordsOf(stdout) || error.message, Number(error.code), error);
      });
      // One that ends early leaves the pipe broken; its own words say more.
      child.stdin?.on("error", () => {}).end(input);
    });
  },
};

/** lvm(8) is one program for all of its commands. */
function nameOf(program: string, args: readonly string[]): string {
  return program === "lvm" ? (args[0] ?? program) : program;
}

/** Without what LVM warns of each time. */
function wordsOf(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  return lines
    .filter((line) => line !== "" && !line.startsWith("WARNING:"))
    .join("; ")
    .slice(0, 2000);
}
