import type { Duplex } from "node:stream";
import type { Clock } from "@limiquantix/kit";
import { systemClock } from "@limiquantix/kit";
import { LibvirtDisconnectedError, LibvirtError, LibvirtProtocolError } from "../errors.ts";
import type { WireProcedure } from "../protocol/procedure.ts";
import { FrameReader } from "../wire/frame-reader.ts";
import { MessageStatus, MessageType, sealFrame, startFrame } from "../wire/frame.ts";
import type { Frame, Header } from "../wire/frame.ts";
import { XdrReader } from "../xdr/reader.ts";
import type { XdrWriter } from "../xdr/writer.ts";
import { DEFAULT_KEEPALIVE, Keepalive, isPing, KEEPALIVE_PROGRAM, pingHeader, pongHeader } from "./keepalive.ts";
import type { KeepaliveOptions } from "./keepalive.ts";
import { LibvirtStream } from "./stream.ts";

export interface RpcOptions {
  clock?: Clock;
  /** Our pings; `false` sends none. */
  keepalive?: KeepaliveOptions | false;
  /**
   * Calls sent and not yet answered; more wait here. libvirtd stops reading a connection, pings included, at
   * `max_client_requests` (5 unless configured), so this must be less than that.
   */
  maxInFlight?: number;
  /** Unread stream bytes at which reading from the connection stops. */
  highWaterBytes?: number;
  /** A message that no call asked for. */
  onEvent?: (frame: Frame) => void;
}

export interface RpcCall {
  /** For errors. */
  name: string;
  procedure: WireProcedure;
  /** As `procedure.args` takes them; the typed callers see to that. */
  args: object;
  /** Aborting rejects the call; libvirtd still carries it out, and its late reply is dropped. */
  signal?: AbortSignal | undefined;
  /** Runs before any message that follows the reply is looked at. */
  onReply?: ((result: unknown) => void) | undefined;
}

interface Pending {
  readonly name: string;
  readonly header: Header;
  readonly frame: XdrWriter;
  readonly stream: LibvirtStream | undefined;
  /** Undefined once the caller has gone. */
  settle: { reply: (payload: Uint8Array) => void; fail: (error: unknown) => void } | undefined;
}

const PROGRAM_VERSION = 1;

/** Calls, events, streams and keepalive over one byte stream. */
export class RpcConnection {
  readonly #transport: Duplex;
  readonly #frames = new FrameReader();
  readonly #sent = new Map<number, Pending>();
  readonly #waiting: Pending[] = [];
  readonly #streams = new Map<number, LibvirtStream>();
  readonly #holds = new Set<number>();
  readonly #closed = Promise.withResolvers<Error>();
  readonly #keepalive: Keepalive | undefined;
  readonly #options: Required<Pick<RpcOptions, "maxInFlight" | "highWaterBytes">> & RpcOptions;
  #serial = 0;
  #closeReason: Error | undefined;

  constructor(transport: Duplex, options: RpcOptions = {}) {
    this.#transport = transport;
    this.#options = { maxInFlight: 4, highWaterBytes: 4 * 1024 * 1024, ...options };
    const { clock = systemClock, keepalive = DEFAULT_KEEPALIVE } = options;
    if (keepalive) {
      const silence = `libvirtd answered none of ${keepalive.count} pings`;
      this.#keepalive = new Keepalive({
        ...keepalive,
        clock,
        ping: () => this.#write(sealFrame(startFrame(pingHeader, 0))),
        onDead: () => this.close(new Error(silence)),
      });
    }
    transport.setMaxListeners(0);
    transport.on("data", (bytes: Uint8Array) => this.#onData(bytes));
    transport.on("error", (error: Error) => this.close(error));
    transport.on("end", () => this.close(new Error("libvirtd closed the connection")));
    transport.on("close", () => this.close(new Error("the connection was closed")));
  }

  /** Resolves with the reason when the connection is gone. */
  get closed(): Promise<Error> {
    return this.#closed.promise;
  }

  get isClosed(): boolean {
    return this.#closeReason !== undefined;
  }

  call(call: RpcCall): Promise<unknown> {
    return this.#start(call, false).reply;
  }

  /** A call whose reply is followed by data. */
  async stream(call: RpcCall): Promise<{ result: unknown; stream: LibvirtStream }> {
    const { reply, stream } = this.#start(call, true);
    return { result: await reply, stream: stream as LibvirtStream };
  }

  /** Ends the connection; what is under way rejects with `LibvirtDisconnectedError`. */
  close(reason: Error = new Error("closed by us")): void {
    if (this.#closeReason) return;
    this.#closeReason = reason;
    this.#keepalive?.[Symbol.dispose]();
    this.#transport.destroy();
    const gone = (outcome: "unsent" | "unknown", name: string) =>
      new LibvirtDisconnectedError(`${name}: connection to libvirtd lost`, { outcome, cause: reason });
    for (const { settle, name } of this.#waiting.splice(0)) settle?.fail(gone("unsent", name));
    for (const { settle, name } of this.#sent.values()) settle?.fail(gone("unknown", name));
    this.#sent.clear();
    for (const stream of this.#streams.values()) stream.end(gone("unknown", "stream"));
    this.#streams.clear();
    this.#closed.resolve(reason);
  }

  #start(call: RpcCall, withStream: boolean): { reply: Promise<unknown>; stream: LibvirtStream | undefined } {
    const { name, procedure, args, signal, onReply } = call;
    const { promise: reply, resolve, reject } = Promise.withResolvers<unknown>();
    if (signal?.aborted) {
      reject(signal.reason);
      return { reply, stream: undefined };
    }
    if (this.#closeReason) {
      const cause = this.#closeReason;
      reject(new LibvirtDisconnectedError(`${name}: not connected to libvirtd`, { outcome: "unsent", cause }));
      return { reply, stream: undefined };
    }
    const serial = this.#nextSerial();
    const header: Header = {
      program: procedure.program,
      version: PROGRAM_VERSION,
      procedure: procedure.number,
      type: MessageType.CALL,
      serial,
      status: MessageStatus.OK,
    };
    const frame = startFrame(header);
    try {
      procedure.args.encode(frame, args as never);
    } catch (cause) {
      reject(new Error(`encode the arguments of ${name}`, { cause }));
      return { reply, stream: undefined };
    }
    const onAbort = () => this.#abandon(pending, signal?.reason);
    const unlisten = () => signal?.removeEventListener("abort", onAbort);
    // A stream stays under the signal for as long as it lives.
    const stream = withStream ? this.#newStream(name, header, unlisten) : undefined;
    const pending: Pending = { name, header, frame, stream, settle: undefined };
    const settled = () => {
      pending.settle = undefined;
      if (!stream) unlisten();
    };
    pending.settle = {
      reply(payload) {
        const result = procedure.result.decode(new XdrReader(payload));
        settled();
        onReply?.(result);
        resolve(result);
      },
      fail(error) {
        settled();
        reject(error);
      },
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#waiting.push(pending);
    this.#pump();
    return { reply, stream };
  }

  #pump(): void {
    while (this.#sent.size < this.#options.maxInFlight) {
      const pending = this.#waiting.shift();
      if (!pending) return;
      this.#sent.set(pending.header.serial, pending);
      this.#write(sealFrame(pending.frame));
    }
  }

  /** The caller has gone: a call that still waits is never sent, one that was sent keeps its place until answered. */
  #abandon(pending: Pending, reason: unknown): void {
    const at = this.#waiting.indexOf(pending);
    if (at >= 0) this.#waiting.splice(at, 1);
    const replied = pending.settle === undefined;
    pending.settle?.fail(reason);
    if (pending.stream && at >= 0) pending.stream.end(reason);
    else if (pending.stream && replied) void pending.stream.abort(reason);
  }

  #onData(bytes: Uint8Array): void {
    this.#keepalive?.heard();
    try {
      for (const frame of this.#frames.push(bytes)) {
        if (this.#closeReason) return;
        this.#dispatch(frame);
      }
    } catch (error) {
      this.close(new LibvirtProtocolError("libvirtd sent what we cannot read", { cause: error }));
    }
  }

  #dispatch(frame: Frame): void {
    if (frame.program === KEEPALIVE_PROGRAM) {
      if (isPing(frame)) this.#write(sealFrame(startFrame(pongHeader, 0)));
    } else if (frame.type === MessageType.REPLY) {
      this.#onReply(frame);
    } else if (frame.type === MessageType.EVENT) {
      this.#options.onEvent?.(frame);
    } else if (frame.type === MessageType.STREAM || frame.type === MessageType.STREAM_HOLE) {
      this.#streams.get(frame.serial)?.receive(frame);
    } else {
      throw new LibvirtProtocolError(`message type ${frame.type}`);
    }
  }

  #onReply(frame: Frame): void {
    const pending = this.#sent.get(frame.serial);
    if (!pending) throw new LibvirtProtocolError(`a reply to call ${frame.serial}, which we did not make`);
    const { header, name, settle, stream } = pending;
    if (frame.program !== header.program || frame.procedure !== header.procedure) {
      throw new LibvirtProtocolError(`reply ${frame.serial} to ${name} is of procedure ${frame.procedure}`);
    }
    this.#sent.delete(frame.serial);
    if (frame.status === MessageStatus.ERROR) {
      const error = LibvirtError.read(new XdrReader(frame.payload), name);
      stream?.end(error);
      settle?.fail(error);
    } else if (settle) {
      try {
        settle.reply(frame.payload);
      } catch (cause) {
        settle.fail(new LibvirtProtocolError(`the reply to ${name} is not what we expect`, { cause }));
        throw cause;
      }
    } else {
      void stream?.abort();
    }
    this.#pump();
  }

  #newStream(name: string, header: Header, onRelease: () => void): LibvirtStream {
    const { serial } = header;
    const stream = new LibvirtStream(
      {
        send: ({ type, status, payload }) => {
          const frame = startFrame({ ...header, type, status }, payload.length);
          frame.unpadded(payload);
          return this.#writeWhenRoom(sealFrame(frame));
        },
        hold: (on) => this.#hold(serial, on),
        release: () => {
          this.#streams.delete(serial);
          onRelease();
        },
      },
      { name, highWaterBytes: this.#options.highWaterBytes },
    );
    this.#streams.set(serial, stream);
    return stream;
  }

  /** There is one flow of bytes for all: a stream that is not read stops the connection. */
  #hold(serial: number, on: boolean): void {
    if (on) this.#holds.add(serial);
    else this.#holds.delete(serial);
    const paused = this.#holds.size > 0;
    if (this.#keepalive) this.#keepalive.paused = paused;
    if (this.#closeReason) return;
    if (paused) this.#transport.pause();
    else this.#transport.resume();
  }

  #write(bytes: Uint8Array): boolean {
    if (this.#closeReason) return true;
    return this.#transport.write(bytes);
  }

  #writeWhenRoom(bytes: Uint8Array): Promise<void> {
    if (this.#closeReason) {
      return Promise.reject(
        new LibvirtDisconnectedError("stream: connection to libvirtd lost", {
          outcome: "unsent",
          cause: this.#closeReason,
        }),
      );
    }
    // A peer that takes data is alive, though its answer to a ping waits behind that data.
    const roomLeft = this.#transport.write(bytes, () => this.#keepalive?.heard());
    if (roomLeft) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#transport.off("drain", done);
        this.#transport.off("close", done);
        resolve();
      };
      this.#transport.on("drain", done);
      this.#transport.on("close", done);
    });
  }

  #nextSerial(): number {
    do this.#serial = (this.#serial % 0xffff_ffff) + 1;
    while (this.#sent.has(this.#serial) || this.#streams.has(this.#serial));
    return this.#serial;
  }
}
