import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Outcome {
  code: number | string;
  stdout: Buffer;
  stderr: string;
}

const lab = join(import.meta.dirname, "../../../../tools/lab/storage-vm");

/**
 * A Debian VM under emulation with what this machine's kernel may lack: NFS client and server, iSCSI, device mapper.
 * Each `start` is a fresh machine that has booted already; it ends with us. `asHost`: what runs in it reaches us at
 * 10.0.2.2, and a node daemon in it is reached at 10.0.2.15 here, which must be an address of ours.
 *
 *     const vm = await StorageVm.start();
 *     await vm.exec(["vgs", "--reportformat", "json"]);
 *     await vm[Symbol.asyncDispose]();
 */
export class StorageVm implements AsyncDisposable {
  readonly #lab: ChildProcess;
  readonly #port: number;

  private constructor(started: ChildProcess, port: number) {
    this.#lab = started;
    this.#port = port;
  }

  /** Seconds; the first time on a machine, when the image is built and boots, some minutes. */
  static async start({ asHost = false } = {}): Promise<StorageVm> {
    const started = spawn(lab, asHost ? ["--host"] : [], { stdio: ["pipe", "pipe", "inherit"] });
    const lines = createInterface({ input: started.stdout });
    for await (const line of lines) return new StorageVm(started, (JSON.parse(line) as { port: number }).port);
    throw new Error("the storage VM did not start; what it said is above");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#lab.exitCode !== null) return;
    const ended = once(this.#lab, "exit");
    this.#lab.stdin?.end();
    await ended;
  }

  /** Runs a program to its end and answers its standard output; the error has what it said. Nothing of it may stay in the background with our pipes. */
  async exec(args: [string, ...string[]], options: { input?: Uint8Array | string } = {}): Promise<string> {
    return (await this.execBytes(args, options)).toString();
  }

  async execBytes(
    args: [string, ...string[]],
    { input }: { input?: Uint8Array | string | undefined } = {},
  ): Promise<Buffer> {
    const { code, stdout, stderr } = await this.outcome(args, { input });
    if (code === 0) return stdout;
    throw new Error(`${args.join(" ").slice(0, 400)}: ${code}: ${stderr.trim()}`);
  }

  /** How a program ends: its exit status, or why it did not run. */
  async outcome(
    args: [string, ...string[]],
    { input }: { input?: Uint8Array | string | undefined } = {},
  ): Promise<Outcome> {
    const bytes = Buffer.from(input ?? "");
    const socket = await this.#ask({ args, pipe: false, inputBytes: bytes.length });
    socket.write(bytes);
    const parts: Buffer[] = [];
    for await (const part of socket as AsyncIterable<Buffer>) parts.push(part);
    const said = Buffer.concat(parts).toString();
    if (!said) throw new Error(`${args[0]}: the storage VM hung up`);
    const { code, stdout, stderr } = JSON.parse(said) as { code: number | string; stdout: string; stderr: string };
    return { code, stdout: Buffer.from(stdout, "base64"), stderr: Buffer.from(stderr, "base64").toString() };
  }

  /** A program whose standard input and output the stream is; destroying it kills the program with all its children. */
  pipe(args: [string, ...string[]]): Promise<Socket> {
    return this.#ask({ args, pipe: true, inputBytes: 0 });
  }

  writeFile(path: string, contents: Uint8Array | string): Promise<string> {
    return this.exec(["dd", `of=${path}`, "status=none"], { input: contents });
  }

  async #ask(order: { args: [string, ...string[]]; pipe: boolean; inputBytes: number }): Promise<Socket> {
    const socket = connect(this.#port, "127.0.0.1");
    socket.setNoDelay(true);
    await once(socket, "connect");
    socket.write(`${JSON.stringify(order)}\n`);
    return socket;
  }
}
