import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** The process that is fuzzed, seen from outside. */
export class TargetProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #errors: () => string;

  private constructor(child: ChildProcess, port: number, errors: () => string) {
    this.#child = child;
    this.port = port;
    this.#errors = errors;
  }

  static async start(): Promise<TargetProcess> {
    let errors = "";
    const child = fork(join(import.meta.dirname, "target.ts"), {
      execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning", "--max-old-space-size=1024"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.stderr?.on("data", (text: Buffer) => {
      if (errors.length < 1_000_000) errors += text.toString();
    });
    const ended = once(child, "exit").then(() => {
      throw new Error(`the target did not start: ${errors}`);
    });
    const [message] = (await Promise.race([once(child, "message"), ended])) as [{ port: number }];
    ended.catch(() => {});
    return new TargetProcess(child, message.port, () => errors);
  }

  /** What it said of itself that was wrong. */
  get errors(): string {
    return this.#errors();
  }

  /** Throws when it is gone, or does not answer in time. */
  async mustBeWell(withinMs = 20_000): Promise<number> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode) throw new Error(`the target ended: ${exitCode ?? signalCode}\n${this.errors}`);
    const began = performance.now();
    const url = `http://127.0.0.1:${this.port}/health`;
    const response = await fetch(url, { signal: AbortSignal.timeout(withinMs) });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`/health says ${response.status}`);
    return performance.now() - began;
  }

  /** After a collection of garbage. */
  async memory(): Promise<{ heapBytes: number; rssBytes: number }> {
    const answer = once(this.#child, "message");
    this.#child.send("memory");
    const [memory] = (await answer) as [{ heapBytes: number; rssBytes: number }];
    return memory;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }
}
