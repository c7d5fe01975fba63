import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { until } from "./stack.ts";

/** A command line in a terminal of its own, as a person has it. */
export class Terminal implements AsyncDisposable {
  readonly #child: ReturnType<typeof spawn>;
  #seen = "";
  #ended: number | undefined;

  constructor(command: string, options: { cwd: string; env: NodeJS.ProcessEnv }) {
    const sized = `stty cols 120 rows 40; ${command}`;
    this.#child = spawn("script", ["-qefc", sized, "/dev/null"], { ...options, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdout?.on("data", (data) => (this.#seen += data));
    this.#child.stderr?.on("data", (data) => (this.#seen += data));
    this.#child.on("exit", (code) => (this.#ended = code ?? 255));
  }

  /** What was shown, without colours and cursor movements. */
  get seen(): string {
    return stripVTControlCharacters(this.#seen);
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Waits until the screen has shown this. `nudge` is typed every two seconds meanwhile. */
  async shows(wanted: RegExp, { timeoutMs = 60_000, nudge = "" } = {}): Promise<void> {
    const nudging = nudge ? setInterval(() => this.type(nudge), 2000) : undefined;
    try {
      await until(`the terminal shows ${wanted}`, async () => wanted.test(this.seen), timeoutMs);
    } catch (cause) {
      throw new Error(`it showed:\n${this.seen}`, { cause });
    } finally {
      clearInterval(nudging);
    }
  }

  /** Waits for the end of the command and answers its exit code. */
  async end(timeoutMs = 60_000): Promise<number> {
    await until("the command ends", async () => this.#ended !== undefined, timeoutMs).catch((cause: unknown) => {
      throw new Error(`it showed:\n${this.seen}`, { cause });
    });
    return this.#ended!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === undefined) this.#child.kill();
    await this.end(10_000);
  }
}
