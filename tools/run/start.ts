import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@limiquantix/kit";
import { identify, readPidFile, run, waitFor, writePidFile } from "../lib/process.ts";
import * as config from "./config.ts";
import { ensureDashboard } from "./dashboard.ts";
import { type Supervised, supervise } from "./supervisor.ts";

/** The control plane is slow on its first start: it makes its certificate authority and its first login. */
const READY_TIMEOUT_MS = 120_000;

async function start({ detach, background }: { detach: boolean; background: boolean }): Promise<void> {
  const built = ensureDashboard(say);
  // Awaited below: it fails then, not while nobody listens.
  built.catch(() => {});
  await spawned(process.execPath, [join(config.root, "tools/host/main.ts")]);
  await built;
  await mkdir(config.logDirectory, { recursive: true, mode: 0o700 });
  if (await readPidFile(config.pidFile)) {
    say("limiquantix runs already");
    return summary();
  }
  if (detach) return startDetached();

  const self = await identify(process.pid);
  if (self) await writePidFile(config.pidFile, self);
  const programs: Supervised[] = [];
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort());
  try {
    programs.push(program("limiquantix-controlplane", controlArgs));
    await untilReady("the control plane", stopping.signal, () => true);
    programs.push(program("limiquantix-node", await nodeArgs()));
    const image = tinyImage();
    image.catch(() => {});
    await untilReady("the host", stopping.signal, hasHost);
    await image;
    // Whoever started us in the background tells the person; here the login would end up in a log.
    if (!background) {
      await summary();
      say("Ctrl-C ends the control plane and the node daemon; VMs keep running.");
    }
    if (!stopping.signal.aborted) await once(stopping.signal, "abort");
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    for (const running of programs.toReversed()) await running.stop(15_000);
    await rm(config.pidFile, { force: true });
  }
}

const addresses = ["--listen", config.controlAddress, "--https-listen", `0.0.0.0:${config.httpsPort}`];
const controlArgs = ["--data", config.controlDirectory, ...addresses];

/** The token is good for one registration; later the daemon proves itself by what it got for it. */
async function nodeArgs(): Promise<string[]> {
  const token = join(config.controlDirectory, "first-join-token");
  const proof = existsSync(token) ? ["--join-token-file", token] : [];
  const addresses = ["--listen", config.nodeAddress, "--control-plane", config.nodeControlUrl];
  return ["--data", config.nodeDirectory, ...addresses, "--register", ...proof];
}

function program(name: string, args: readonly string[]): Supervised {
  const logFile = join(config.logDirectory, `${name}.log`);
  return supervise({ name, file: config.bin(name), args, logFile, clock: systemClock, say });
}

interface Readiness {
  hostsReady: number;
}

const hasHost = ({ hostsReady }: Readiness): boolean => hostsReady > 0;

async function untilReady(what: string, signal: AbortSignal, enough: (ready: Readiness) => boolean): Promise<void> {
  await waitFor(
    async () => {
      signal.throwIfAborted();
      const url = `${config.controlUrl}/ready`;
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
      return answer?.ok === true && enough((await answer.json()) as Readiness);
    },
    { timeoutMs: READY_TIMEOUT_MS, intervalMs: 100, what: `${what} to be ready; its log is in ${config.logDirectory}` },
  );
}

/** Runs this very command in the background, and waits with it until it is ready. */
async function startDetached(): Promise<void> {
  const log = openSync(join(config.logDirectory, "start.log"), "a", 0o600);
  const args = [import.meta.filename, "--background"];
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", log, log] });
  child.unref();
  const stopping = new AbortController();
  child.on("exit", () => stopping.abort(new Error(`limiquantix did not start; see ${config.logDirectory}`)));
  await untilReady("the host", stopping.signal, hasHost);
  await summary();
  say("It runs in the background; `npm run stop` ends it, and VMs keep running.");
}

/** The small guest for a first VM; built in seconds, then cached. Answers the file. */
async function tinyImage(): Promise<string> {
  return (await run(config.bin("limiquantix-image-builder"), ["tiny"])).trim();
}

async function summary(): Promise<void> {
  const login = await readFile(join(config.controlDirectory, "first-login"), "utf8").catch(() => "");
  console.log(`
limiquantix is ready.

  Address  ${config.controlUrl} (the dashboard; from elsewhere https://<this machine>:${config.httpsPort})
  Login    ${login.trim().replaceAll("\n", "\n           ") || "as you set it"}
  State    ${config.dataDirectory}

Three commands to a first VM:

  bin/lqx login --user admin
  bin/lqx image upload ${await tinyImage()} --name tiny
  bin/lqx vm create web-1 --image tiny --memory 256MiB --user ada --wait && bin/lqx vm ssh web-1 --wait
`);
}

async function spawned(file: string, args: readonly string[]): Promise<void> {
  const child = spawn(file, [...args], { stdio: "inherit" });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error("this machine could not be set up as a host");
}

function say(line: string): void {
  console.log(`limiquantix: ${line}`);
}

try {
  await start({ detach: process.argv.includes("--detach"), background: process.argv.includes("--background") });
  process.exit(0);
} catch (error) {
  console.error(`limiquantix: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
