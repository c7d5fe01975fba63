import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { backoffMs, type Clock } from "@limiquantix/kit";

/** A program that is started again when it ends, with growing waits while it keeps ending. */
export interface Supervised {
  /** Ends it and starts it no more. Resolves when it is gone; killed when it takes longer than `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

export interface ProgramOptions {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Its standard output and error are appended here. */
  readonly logFile: string;
  readonly clock: Clock;
  readonly say: (line: string) => void;
}

/** A run of this length means that the program works, and the next end is a first one again. */
const STABLE_MS = 30_000;

export function supervise(options: ProgramOptions): Supervised {
  const { name, file, args, logFile, clock, say } = options;
  let stopping = false;
  let child: ChildProcess | undefined;
  let restart: Disposable | undefined;
  let failures = 0;
  let ended: (() => void) | undefined;

  const start = (): void => {
    const startedAt = clock.now();
    const log = createWriteStream(logFile, { flags: "a", mode: 0o600 });
    // A process group of its own: Ctrl-C reaches us alone, and we end the programs in order. setpriv ends them should
    // we be killed, so that the next start finds its ports free.
    child = spawn("setpriv", ["--pdeathsig", "TERM", file, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    let done = false;
    const onEnd = (how: string): void => {
      if (done) return;
      done = true;
      log.end();
      child = undefined;
      if (stopping) return ended?.();
      failures = clock.now() - startedAt > STABLE_MS ? 1 : failures + 1;
      const waitMs = backoffMs(failures, { baseMs: 250, maxMs: 15_000 });
      say(`${name} ended (${how}); starting it again in ${(waitMs / 1000).toFixed(1)} s, its log is ${logFile}`);
      restart = clock.after(waitMs, start);
    };
    child.on("error", (error) => onEnd(error.message));
    child.on("exit", (code, signal) => onEnd(signal ?? `exit code ${code}`));
  };
  start();

  return {
    stop: (graceMs) =>
      new Promise((resolve) => {
        stopping = true;
        restart?.[Symbol.dispose]();
        if (!child) return resolve();
        const running = child;
        const timer = clock.after(graceMs, () => running.kill("SIGKILL"));
        ended = () => {
          timer[Symbol.dispose]();
          resolve();
        };
        running.kill("SIGTERM");
      }),
  };
}
