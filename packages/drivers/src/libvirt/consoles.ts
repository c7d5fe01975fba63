import { problem, Reason, VmStatus_PowerState } from "@limiquantix/api";
import { type Clock, sleep } from "@limiquantix/kit";
import {
  findLibvirtError,
  isLibvirtError,
  type LibvirtConnection,
  type LibvirtStream,
  openDedicatedStream,
} from "@limiquantix/libvirt";
import type { ByteStream, Consoles, Picture } from "@limiquantix/node";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { ifExists } from "../files/errno.ts";
import { KeyedQueue } from "../files/keyed-queue.ts";
import { readLive, readStored } from "./domain-view.ts";
import { powerState } from "./domain/power-state.ts";
import { libvirtFailure } from "./failures.ts";
import { domainRef } from "./domain-ref.ts";
import { readPicture } from "./picture.ts";

/** An 8K screen has 100 MB. */
const MOST_SCREEN_BYTES = 128 * 1024 * 1024;
/** As much of a log's end as is looked at. */
const LOG_TAIL_BYTES = 512 * 1024;
/** A libvirt name that cannot lead out of the log directory. */
const SAFE_NAME = /^[^/\0]{1,200}$/;
/** In that long libvirtd has noticed that a daemon that had a console open is no more. */
const LET_GO_MS = 3000;
const BUSY = /Active console session exists/;

export class LibvirtConsoles implements Consoles {
  readonly #connection: LibvirtConnection;
  readonly #socket: string;
  readonly #logDirectory: string;
  readonly #clock: Clock;
  /** Serial consoles that are open, by VM. */
  readonly #serials = new Map<string, LibvirtStream>();
  readonly #opening = new KeyedQueue();

  constructor(parts: { connection: LibvirtConnection; socket: string; logDirectory: string; clock: Clock }) {
    this.#connection = parts.connection;
    this.#socket = parts.socket;
    this.#logDirectory = parts.logDirectory;
    this.#clock = parts.clock;
  }

  async open(vmId: string, type: "serial" | "vnc"): Promise<ByteStream> {
    try {
      const dom = domainRef(vmId);
      await this.#mustRun(vmId);
      const { hasSerial, vncSocket } = await readLive(this.#connection, dom);
      const missing = problem(Reason.CONSOLE_NOT_CONFIGURED, { vm: vmId, type });
      if (type === "vnc") {
        if (!vncSocket) throw missing;
        return await openVnc(vncSocket);
      }
      if (!hasSerial) throw missing;
      return new SerialStream(await this.#opening.run(vmId, () => this.#takeSerial(vmId)));
    } catch (error) {
      throw libvirtFailure(error, vmId, `open a ${type} console of`);
    }
  }

  async screenshot(vmId: string): Promise<Picture> {
    try {
      const dom = domainRef(vmId);
      await this.#mustRun(vmId);
      const { vncSocket } = await readLive(this.#connection, dom);
      if (!vncSocket) throw problem(Reason.CONSOLE_NOT_CONFIGURED, { vm: vmId, type: "VNC" });
      const args = { dom, screen: 0, flags: 0 };
      const { stream } = await openDedicatedStream({ address: { socket: this.#socket } }, "DOMAIN_SCREENSHOT", args);
      return readPicture(await wholeOf(stream));
    } catch (error) {
      throw libvirtFailure(error, vmId, "take a screenshot of");
    }
  }

  async log(vmId: string, lines: number): Promise<string> {
    try {
      const { name } = await readStored(this.#connection, domainRef(vmId));
      if (!SAFE_NAME.test(name) || name === "." || name === "..") return "";
      return await tail(join(this.#logDirectory, `${name}.log`), lines);
    } catch (error) {
      throw libvirtFailure(error, vmId, "read the log of");
    }
  }

  /**
   * Whoever had the console before is cut off: one that somebody forgot must not lock out the next one. It is we who end
   * it, not libvirtd by its FORCE flag: with that it ends the old stream while the old client leaves, and crashes
   * (9.0.0: daemonRemoveClientStream finds the stream without its client).
   */
  async #takeSerial(vmId: string): Promise<LibvirtStream> {
    await this.#serials.get(vmId)?.abort();
    const endsAt = this.#clock.now() + LET_GO_MS;
    for (;;) {
      try {
        const args = { dom: domainRef(vmId), dev_name: null };
        const at = { address: { socket: this.#socket } };
        const { stream } = await openDedicatedStream(at, "DOMAIN_OPEN_CONSOLE", args);
        this.#serials.set(vmId, stream);
        void stream.over.then(() => this.#serials.get(vmId) === stream && this.#serials.delete(vmId));
        return stream;
      } catch (error) {
        if (!BUSY.test(findLibvirtError(error)?.message ?? "")) throw error;
        if (this.#clock.now() >= endsAt)
          throw problem(Reason.CONSOLE_IN_USE, { vm: vmId, type: "serial" }, { cause: error });
        await sleep(this.#clock, 100);
      }
    }
  }

  async #mustRun(vmId: string): Promise<void> {
    const { state, reason } = await this.#connection.call("DOMAIN_GET_STATE", { dom: domainRef(vmId) });
    const { power } = powerState(state, reason, false);
    if (power === VmStatus_PowerState.RUNNING || power === VmStatus_PowerState.PAUSED) return;
    throw problem(Reason.CONSOLE_VM_NOT_RUNNING, { vm: vmId, state: VmStatus_PowerState[power] });
  }
}

class SerialStream implements ByteStream {
  readonly #stream: LibvirtStream;

  constructor(stream: LibvirtStream) {
    this.#stream = stream;
  }

  /** Ends when the VM does, and when somebody else takes the console over. */
  get readable(): AsyncIterable<Uint8Array> {
    return untilClosed(this.#stream);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#stream.write(bytes);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stream.abort();
  }
}

async function* untilClosed(stream: LibvirtStream): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    if (!isLibvirtError(error)) throw error;
  }
}

async function wholeOf(stream: LibvirtStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MOST_SCREEN_BYTES) {
      await stream.abort();
      throw new Error(`the screen has more than ${MOST_SCREEN_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function openVnc(path: string): Promise<ByteStream> {
  const socket = connect(path);
  await once(socket, "connect");
  return new SocketStream(socket);
}

class SocketStream implements ByteStream {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    // A reader hears of it; without one it must not end the process.
    socket.on("error", () => {});
  }

  get readable(): AsyncIterable<Uint8Array> {
    return this.#socket;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed) throw new Error("the VNC connection is closed");
    if (this.#socket.write(bytes)) return;
    // Neither event comes once it is closed, so both are waited for.
    await Promise.race([once(this.#socket, "drain"), once(this.#socket, "close")]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
  }
}

async function tail(path: string, lines: number): Promise<string> {
  const handle = await ifExists(open(path, "r"));
  if (!handle) return "";
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.toString("utf8", 0, bytesRead).trimEnd();
    return text === "" ? "" : `${text.split("\n").slice(-lines).join("\n")}\n`;
  } finally {
    await handle.close();
  }
}
