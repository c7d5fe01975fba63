import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const execFileAsync = promisify(execFile);

/** Runs a program to its end and answers its standard output. The error carries what it printed. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  try {
    const { stdout } = await execFileAsync(file, args, { maxBuffer: 64 * 1024 * 1024, ...options });
    return stdout;
  } catch (cause) {
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    throw new Error(`${file} ${args.join(" ")} failed${said ? `:\n${said}` : ""}`, { cause });
  }
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeout?: number;
}

/** Like {@link run}, but a failure answers undefined: for questions such as "is it installed?". */
export async function tryRun(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string | undefined> {
  return run(file, args, options).catch(() => undefined);
}

/**
 * A process that stays the same process: its pid plus its start time (field 22 of /proc/PID/stat, proc(5)), because
 * the kernel gives a free pid to a stranger sooner or later.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: string;
}

/** The identity of a running process; undefined when there is none, or only a zombie. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is the command in brackets and may hold spaces, so count from its end.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (!fields || fields[0] === "Z" || fields[0] === "X") return undefined;
  return { pid, startTicks: fields[19] ?? "" };
}

/** Whether the very process that was identified still runs. */
export async function isAlive(process: ProcessIdentity): Promise<boolean> {
  return (await identify(process.pid))?.startTicks === process.startTicks;
}

/** Remembers a process in a file as `PID START`. */
export async function writePidFile(path: string, process: ProcessIdentity): Promise<void> {
  await writeFile(path, `${process.pid} ${process.startTicks}\n`);
}

/** The process that a pid file names, if that very process still runs. */
export async function readPidFile(path: string): Promise<ProcessIdentity | undefined> {
  const [pid, startTicks] = (await readFile(path, "utf8").catch(() => "")).trim().split(" ");
  if (!pid || !startTicks) return undefined;
  const process = { pid: Number(pid), startTicks };
  return (await isAlive(process)) ? process : undefined;
}

/** Signals the process of a pid file, waits for its end and removes the file; killed after `graceMs`. */
export async function endProcess(
  path: string,
  { signal = "SIGTERM" as NodeJS.Signals, graceMs = 10_000 } = {},
): Promise<boolean> {
  const target = await readPidFile(path);
  if (target) {
    process.kill(target.pid, signal);
    await waitFor(async () => !(await isAlive(target)), { timeoutMs: graceMs }).catch(async () => {
      if (await isAlive(target)) process.kill(target.pid, "SIGKILL");
      await waitFor(async () => !(await isAlive(target)), { timeoutMs: 5_000, what: `process ${target.pid} to end` });
    });
  }
  await rm(path, { force: true });
  return target !== undefined;
}

/** Polls a condition until it holds; rejects with the last failure when the deadline passes. */
export async function waitFor(
  condition: () => Promise<boolean>,
  { timeoutMs, intervalMs = 25, what = "condition" }: { timeoutMs: number; intervalMs?: number; what?: string },
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await condition()) return;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s for ${what}`);
    await delay(intervalMs);
  }
}
