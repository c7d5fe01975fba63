import type { DiskSource } from "@limiquantix/node";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
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
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => (this.#said += text));
    this.#turn = this.#prompt();
  }

  /** `keyFile` has the secret that disks with one are opened with. `directory` is for what is written. */
  static start(directory: string, keyFile: string): QemuIoSession {
    const args = ["--object", `secret,id=key,format=base64,file=${keyFile}`];
    return new QemuIoSession(spawn("qemu-io", args, { stdio: ["pipe", "pipe", "pipe"] }), directory, keyFile);
  }

  write(source: DiskSource, offset: number, bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const pattern = join(this.#directory, "pattern");
      await writeFile(pattern, bytes);
      await this.#withOpen(source, () => this.#command(`write -q -s ${pattern} ${offset} ${bytes.length}`));
    });
  }

  read(source: DiskSource, offset: number, length: number): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const said = await this.#withOpen(source, () => this.#command(`read -v ${offset} ${length}`));
      const lines = said.split("\n").flatMap((line) => /^[0-9a-f]{8}: {2}((?:[0-9a-f]{2} )+)/.exec(line)?.[1] ?? []);
      return new Uint8Array(Buffer.from(lines.join("").replaceAll(" ", ""), "hex"));
    });
  }

  /** Keeps it open from now on, until the process ends. */
  hold(source: DiskSource): Promise<void> {
    return this.#inTurn(async () => void (await this.#command(this.#opening(source))));
  }

  /** Writes to what is held. */
  writeHeld(offset: number, bytes: number): Promise<string> {
    return this.#inTurn(() => this.#command(`write -P 7 ${offset} ${bytes}`));
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

  async #withOpen<T>(source: DiskSource, work: () => Promise<T>): Promise<T> {
    await this.#command(this.#opening(source));
    try {
      return await work();
    } finally {
      await this.#command("close");
    }
  }

  #opening(source: DiskSource): string {
    const { name, format } = qemuSource(source, () => this.#keyFile);
    return ["open", ...(format[1] ? ["-o", `driver=${format[1]}`] : []), name].join(" ");
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
