import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A script of this folder as a process of its own; `firstLine` is what it printed first. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly firstLine: string;

  private constructor(process: ChildProcess, firstLine: string) {
    this.#process = process;
    this.firstLine = firstLine;
  }

  static async start(script: string, ...args: string[]): Promise<Child> {
    const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`${script} ended with ${code} before it was ready`);
    });
    const [firstLine] = (await Promise.race([once(lines, "line"), ended])) as [string];
    ended.catch(() => {});
    return new Child(child, firstLine);
  }

  get pid(): number {
    return this.#process.pid!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await exited;
  }
}
