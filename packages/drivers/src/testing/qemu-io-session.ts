import type { DiskSource } from "@limiquantix/node";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bytesOfDump } from "./qemu-io.ts";
import { qemuSource } from "../file-pool/qemu-source.ts";

const PROMPT = "qemu-io> ";

/**
 * qemu-io(1), kept running: opens a disk as an emulator does, writes or reads, and closes it again. Calls wait for each
 * other.
 */
export class QemuIoSession implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #keyFile: string;
  readonly #ended: Promise<unknown>;
  #said = "";
  #turn: Promise<unknown>;

  private constructor(child: ChildProcess, directory: string, keyFile: string) {
    this.#child = child;
    this.#keyFile = keyFile;
    this.#directory = directory;
    this.#ended = once(child, "close");
    // One that was killed says so by its end.
    child.stdin?.on("error", () => {});
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
    this.#turn = this.#prompt();
  }

  /** `keyFile` has the secret that disks with one are opened with, if any. `directory` is for what is written. */
  static start(directory: string, keyFile: string): QemuIoSession {
    const args = keyFile ? ["--object", `secret,id=key,format=base64,file=${keyFile}`] : [];
    // One stream, so that an error is read before the prompt behind it.
    const both = ["-c", 'exec qemu-io "$@" 2>&1', "sh", ...args];
    return new QemuIoSession(spawn("sh", both, { stdio: ["pipe", "pipe", "inherit"] }), directory, keyFile);
  }

  write(source: DiskSource, offset: number, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const writing = await this.#writing(offset, bytes);
      await this.#withOpen(source, () => this.#command(writing));
    });
  }

  read(source: DiskSource, offset: number, length: number): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const said = await this.#withOpen(source, () => this.#command(`read -v ${offset} ${length}`));
      return bytesOfDump(said);
    });
  }

  /** Reads what is on the disk, whoever has it open. */
  look(source: DiskSource, offset: number, length: number): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const said = await this.#withOpen(source, () => this.#command(`read -v ${offset} ${length}`), ["-r", "-U", "-n"]);
      return bytesOfDump(said);
    });
  }

  /** Keeps it open from now on, until the process ends; without a cache, as guests of ours have their disks. */
  hold(source: DiskSource): Promise<void> {
    return this.#inTurn(async () => void (await this.#command(this.#opening(source, ["-n"]))));
  }

  /** Writes to what is held: so many bytes of something, or these. */
  writeHeld(offset: number, bytes: number | Uint8Array): Promise<string> {
    return this.#inTurn(async () =>
      this.#command(typeof bytes === "number" ? `write -P 7 ${offset} ${bytes}` : await this.#writing(offset, bytes)),
    );
  }

  /** Reads what is held. */
  readHeld(offset: number, length: number): Promise<Uint8Array> {
    return this.#inTurn(async () => bytesOfDump(await this.#command(`read -v ${offset} ${length}`)));
  }

  /** Stands still, as on a host that hangs. */
  freeze(): void {
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw();
    this.#child.stdin?.end("quit\n");
    await this.#ended;
  }

  async #withOpen<T>(source: DiskSource, work: () => Promise<T>, options?: string[]): Promise<T> {
    await this.#command(this.#opening(source, options));
    try {
      return await work();
    } finally {
      await this.#command("close");
    }
  }

  async #writing(offset: number, bytes: Uint8Array): Promise<string> {
    const pattern = join(this.#directory, `pattern-${this.#child.pid}`);
    await writeFile(pattern, bytes);
    return `write -q -s ${pattern} ${offset} ${bytes.length}`;
  }

  #opening(source: DiskSource, options: string[] = []): string {
    const { name, format } = qemuSource(source, () => this.#keyFile);
    return ["open", ...options, ...(format[1] ? ["-o", `driver=${format[1]}`] : []), name].join(" ");
  }

  async #command(line: string): Promise<string> {
    this.#said = "";
    this.#child.stdin?.write(`${line}\n`);
    await this.#prompt();
    const said = this.#said.replaceAll(PROMPT, "").trim();
    if (/failed|can't open|Could not|not found/i.test(said)) throw new Error(`qemu-io ${line}: ${said}`);
    return said;
  }

  async #prompt(): Promise<void> {
    const ended = this.#ended.then(() => Promise.reject(new Error(`qemu-io ended: ${this.#said}`)));
    ended.catch(() => {});
    while (!this.#said.endsWith(PROMPT)) await Promise.race([once(this.#child.stdout!, "data"), ended]);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}
