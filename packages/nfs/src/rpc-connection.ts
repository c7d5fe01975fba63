import type { Clock } from "@limiquantix/kit";
import type { XdrReader, XdrWriter } from "@limiquantix/libvirt/xdr";
import { connect, type Socket } from "node:net";
import { RpcError } from "./errors.ts";
import { asRecord, RecordReader } from "./record-reader.ts";
import { callMessage, type Identity, type Procedure, readReply } from "./rpc-message.ts";

export interface RpcOptions {
  host: string;
  port: number;
  clock: Clock;
  /** Of connecting, and of every call. */
  timeoutMs: number;
  identity?: Identity | undefined;
}

interface Waiting {
  resolve(results: XdrReader): void;
  reject(error: Error): void;
}

/** Below it only root may go, and many an export answers nobody else. */
const RESERVED = { from: 665, count: 359 };

/** ONC RPC over TCP (RFC 5531). A call that is not answered in time ends the connection, and all that wait on it. */
export class RpcConnection implements Disposable {
  readonly #socket: Socket;
  readonly #options: RpcOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #records = new RecordReader();
  #xid = Math.floor(Math.random() * 0x1_0000_0000);
  #ended: RpcError | undefined;

  private constructor(socket: Socket, options: RpcOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (cause) => this.#end(unreachable(options, cause)));
    socket.on("close", () => this.#end(new RpcError(`${options.host} has ended the connection`, "ECONNRESET")));
  }

  static async open(options: RpcOptions): Promise<RpcConnection> {
    const { from, count } = RESERVED;
    const first = Math.floor(Math.random() * count);
    for (let tried = 0; tried < count; tried++) {
      try {
        return new RpcConnection(await dial(options, from + ((first + tried) % count)), options);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Not root: any port has to do.
        if (code === "EACCES") break;
        if (code !== "EADDRINUSE" && code !== "EADDRNOTAVAIL") throw unreachable(options, error);
      }
    }
    try {
      return new RpcConnection(await dial(options), options);
    } catch (error) {
      throw unreachable(options, error);
    }
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  call(procedure: Procedure, encode: (w: XdrWriter) => void): Promise<XdrReader> {
    if (this.#ended) return Promise.reject(this.#ended);
    const { clock, timeoutMs, host, identity } = this.#options;
    this.#xid = (this.#xid + 1) % 0x1_0000_0000;
    const xid = this.#xid;
    const message = asRecord(callMessage(xid, procedure, identity, encode));
    return new Promise((resolve, reject) => {
      const late = () => this.#end(new RpcError(`${host} has not answered for ${timeoutMs / 1000} s`, "ETIMEDOUT"));
      const timer = clock.after(timeoutMs, late);
      const done =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          timer[Symbol.dispose]();
          this.#waiting.delete(xid);
          then(value);
        };
      this.#waiting.set(xid, { resolve: done(resolve), reject: done(reject) });
      this.#socket.write(message);
    });
  }

  [Symbol.dispose](): void {
    this.#end(new RpcError("the connection was closed", "ECONNRESET"));
  }

  #take(chunk: Uint8Array): void {
    try {
      for (const record of this.#records.take(chunk)) {
        const reply = readReply(record);
        const waiting = this.#waiting.get(reply.xid);
        if ("error" in reply) waiting?.reject(reply.error);
        else waiting?.resolve(reply.results);
      }
    } catch (cause) {
      this.#end(new RpcError(`${this.#options.host} does not speak RPC`, "EPROTO", { cause }));
    }
  }

  #end(why: RpcError): void {
    this.#ended ??= why;
    // Not closed but cut off: a port that was closed cannot be used again for a minute, and there are few of them.
    this.#socket.resetAndDestroy();
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
  }
}

function dial({ host, port, clock, timeoutMs }: RpcOptions, localPort?: number): Promise<Socket> {
  const socket = connect({ host, port, localPort, noDelay: true, keepAlive: true });
  return new Promise((resolve, reject) => {
    const late = () => socket.destroy(new RpcError(`${host} does not answer at port ${port}`, "ETIMEDOUT"));
    const timer = clock.after(timeoutMs, late);
    const failed = (error: Error) => {
      timer[Symbol.dispose]();
      reject(error);
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      timer[Symbol.dispose]();
      socket.off("error", failed);
      resolve(socket);
    });
  });
}

function unreachable({ host, port }: RpcOptions, cause: unknown): RpcError {
  if (cause instanceof RpcError) return cause;
  const { code = "EIO", message } = cause as NodeJS.ErrnoException;
  return new RpcError(`${host} port ${port}: ${message}`, code, { cause });
}
