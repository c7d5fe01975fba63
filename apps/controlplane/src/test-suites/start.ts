import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** The real program, as a process of its own. */
export interface Program extends AsyncDisposable {
  /** In cleartext. */
  url: string;
  /** Empty without --https-listen. */
  httpsUrl: string;
  /** What it printed so far. */
  output(): string;
  pid: number;
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

const main = join(import.meta.dirname, "../main.ts");
const startTimeoutMs = 60_000;

/** Starts it on free ports, without HTTPS unless told, and waits until it says where it listens. */
export async function startControlPlane(...args: string[]): Promise<Program> {
  const usual = ["--listen", "127.0.0.1:0", "--https-listen", "off", "--log-level", "warn"];
  const child = spawnControlPlane(...usual, ...args);
  const exited = once(child.process, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`it did not start: ${child.output()}`)), startTimeoutMs);
    const look = () => {
      const found = /listening on (\S+)/.exec(child.output())?.[1];
      if (found) resolve(found);
      if (found) clearTimeout(late);
    };
    child.process.stdout.on("data", look);
    child.process.once("exit", () => reject(new Error(`it ended: ${child.output()}`)));
  });
  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    child.process.kill(signal);
    const [code, bySignal] = await exited;
    return { code, signal: bySignal };
  };
  return {
    url,
    httpsUrl: /for others: (\S+)/.exec(child.output())?.[1] ?? "",
    output: child.output,
    pid: child.process.pid ?? 0,
    stop,
    async [Symbol.asyncDispose]() {
      if (child.process.exitCode === null && child.process.signalCode === null) await stop("SIGKILL");
    },
  };
}

/** Runs it to its end. */
export async function runControlPlane(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawnControlPlane(...args);
  const [code] = (await once(child.process, "exit")) as [number | null];
  return { code, output: child.output() };
}

function spawnControlPlane(...args: string[]) {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => (output += text));
  }
  return { process: child, output: () => output };
}
