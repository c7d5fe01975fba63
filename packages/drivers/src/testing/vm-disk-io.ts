import { SerialQueue } from "@limiquantix/kit";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import type { StorageVm } from "./storage-vm.ts";

/** Runs there. One line asks, one answers; a disk is open for one of them only, so that it can be taken away in between. */
const SERVER = `
const { closeSync, fsyncSync, openSync, readSync, writeSync } = require("node:fs");
const serve = ({ path, offset, length, bytes }) => {
  const disk = openSync(path, bytes === undefined ? "r" : "r+");
  try {
    const buffer = bytes === undefined ? Buffer.alloc(length) : Buffer.from(bytes, "base64");
    const move = bytes === undefined ? readSync : writeSync;
    const moved = move(disk, buffer, 0, buffer.length, offset);
    if (bytes !== undefined) fsyncSync(disk);
    return bytes === undefined ? buffer.subarray(0, moved).toString("base64") : "";
  } finally {
    closeSync(disk);
  }
};
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  let answer;
  try {
    answer = { bytes: serve(JSON.parse(line)) };
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
});
`;

/** Reads and writes disks in a storage VM, by one process for all of it: to start one takes longer than to read. */
export class VmDiskIo {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;
  readonly #turns = new SerialQueue();

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  }

  static async start(vm: StorageVm): Promise<VmDiskIo> {
    return new VmDiskIo(await vm.pipe(["node", "-e", SERVER]));
  }

  async read(path: string, offset: number, length: number): Promise<Uint8Array> {
    return Buffer.from(await this.#ask({ path, offset, length }), "base64");
  }

  async write(path: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#ask({ path, offset, bytes: Buffer.from(bytes).toString("base64") });
  }

  #ask(order: { path: string; offset: number; length?: number; bytes?: string }): Promise<string> {
    return this.#turns.run(async () => {
      this.#socket.write(`${JSON.stringify(order)}\n`);
      const { value, done } = await this.#answers.next();
      if (done) throw new Error("what reads disks in the storage VM ended");
      const answer = JSON.parse(value) as { bytes?: string; error?: string };
      if (answer.error !== undefined) throw new Error(`${order.path}: ${answer.error}`);
      return answer.bytes ?? "";
    });
  }
}
