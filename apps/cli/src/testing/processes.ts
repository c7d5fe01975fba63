import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Outcome } from "./run-lqx.ts";

const bin = join(import.meta.dirname, "../../../../bin");

export interface Started extends AsyncDisposable {
  /** What it wrote so far, both streams. */
  readonly text: string;
  /** Resolves with the first match in what it writes; rejects when it ends before that. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  /** As Ctrl-C does it; answers the exit code. */
  interrupt(): Promise<number | null>;
}

/** Starts one of our programs; disposing ends it and waits until it is gone. */
export function start(program: string, args: string[], env: Record<string, string>): Started {
  const child = spawn(join(bin, program), args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return {
    get text() {
      return text;
    },
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(text);
          if (match) resolve(match);
        };
        child.stdout.on("data", look);
        child.stderr.on("data", look);
        child.once("exit", () => reject(new Error(`${program} ended before it said ${pattern}:\n${text}`)));
        look();
      }),
    async interrupt() {
      child.kill("SIGINT");
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    },
    async [Symbol.asyncDispose]() {
      if (isRunning(child)) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Runs the real `lqx` with piped streams. */
export async function lqxProcess(words: string[], env: Record<string, string>, input = ""): Promise<Outcome> {
  const child = spawn(join(bin, "lqx"), words, { env: { ...process.env, NO_COLOR: "1", ...env } });
  const text = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.out += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.err += chunk));
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? 1, ...text };
}
