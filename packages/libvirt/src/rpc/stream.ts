import { LibvirtError } from "../errors.ts";
import { MessageStatus, MessageType, STREAM_PACKET_BYTES } from "../wire/frame.ts";
import type { Frame } from "../wire/frame.ts";
import { XdrReader } from "../xdr/reader.ts";
import { hyper, struct, uint } from "../xdr/types.ts";
import { XdrWriter } from "../xdr/writer.ts";

/** A run of zeros in a sparse stream. */
export interface StreamHole {
  holeBytes: number;
}

/** What a stream needs of its connection. */
export interface StreamPort {
  /** Resolves when the connection has room for more. */
  send(packet: { type: number; status: number; payload: Uint8Array }): Promise<void>;
  /** Asks to stop (or go on) reading from the connection. */
  hold(on: boolean): void;
  /** The stream is over: its serial means nothing any more. */
  release(): void;
}

export interface StreamOptions {
  /** What to call it in errors: the procedure. */
  name: string;
  /** Unread bytes at which reading stops. */
  highWaterBytes: number;
}

const hole = struct({ length: hyper, flags: uint });
const EMPTY = new Uint8Array();

/**
 * Data after a call, in either direction:
 *
 *     open ── finish() ──► finishing ── OK ──► ended
 *      │ ╲                     └── ERROR ────► ended, with the error
 *      │  abort() ► aborting ── OK or ERROR ─► ended
 *      └── ERROR from libvirtd, or the connection is lost: ended, with the error
 *
 * Reading: `for await (const bytes of stream)`. It ends at the server's end of file and then finishes the stream;
 * leaving the loop early aborts it. There is one reader.
 */
export class LibvirtStream implements AsyncIterable<Uint8Array>, AsyncDisposable {
  readonly #port: StreamPort;
  readonly #options: StreamOptions;
  readonly #queue: (Uint8Array | StreamHole)[] = [];
  #queuedBytes = 0;
  #holding = false;
  #state: "open" | "finishing" | "aborting" | "ended" = "open";
  #endOfFile = false;
  #error: unknown;
  #wakeReader: (() => void) | undefined;
  readonly #over = Promise.withResolvers<void>();

  constructor(port: StreamPort, options: StreamOptions) {
    this.#port = port;
    this.#options = options;
    this.#over.promise.catch(() => {});
  }

  /** Resolves when the stream is over, well or not. */
  get over(): Promise<void> {
    return this.#over.promise.catch(() => {});
  }

  /** Sends bytes; resolves when the connection has room for more, so awaiting it is the flow control. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += STREAM_PACKET_BYTES) {
      this.#mustBeOpen();
      const payload = bytes.subarray(at, at + STREAM_PACKET_BYTES);
      await this.#port.send({ type: MessageType.STREAM, status: MessageStatus.CONTINUE, payload });
    }
  }

  /** Skips zeros, in a stream that was opened with `VolumeStreamFlag.SPARSE`. */
  async writeHole(holeBytes: number): Promise<void> {
    this.#mustBeOpen();
    const w = new XdrWriter(12);
    hole.encode(w, { length: holeBytes, flags: 0 });
    await this.#port.send({ type: MessageType.STREAM_HOLE, status: MessageStatus.CONTINUE, payload: w.bytes() });
  }

  /** Everything is sent (or read); resolves when libvirtd confirms it, rejects with its error. */
  async finish(): Promise<void> {
    if (this.#state === "open") {
      this.#state = "finishing";
      this.#dropQueue();
      await this.#port.send({ type: MessageType.STREAM, status: MessageStatus.OK, payload: EMPTY });
    }
    return this.#over.promise;
  }

  /** Gives up; resolves when libvirtd has let go of it. A reader gets `reason`, or the end if there is none. */
  async abort(reason?: unknown): Promise<void> {
    if (this.#state === "open") {
      this.#state = "aborting";
      this.#error ??= reason;
      this.#endOfFile = true;
      this.#dropQueue();
      this.#wake();
      await this.#port.send({ type: MessageType.STREAM, status: MessageStatus.ERROR, payload: EMPTY }).catch(() => {});
    } else if (this.#state === "finishing" && reason !== undefined) {
      // Too late to stop it there, but nobody here need wait. libvirtd's late answer is dropped.
      this.end(reason);
    }
    await this.#over.promise.catch(() => {});
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  /** As iteration, but the holes of a sparse stream are told apart from data. */
  async *parts(): AsyncGenerator<Uint8Array | StreamHole, void, undefined> {
    try {
      for (;;) {
        const part = this.#queue.shift();
        if (part) {
          this.#consumed(part);
          yield part;
        } else if (this.#error) throw this.#error;
        else if (this.#endOfFile || this.#state !== "open") break;
        else await this.#arrival();
      }
      if (this.#state !== "aborting") await this.finish();
    } finally {
      await this.abort();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const part of this.parts()) {
      if (part instanceof Uint8Array) yield part;
      else yield* zeros(part.holeBytes);
    }
  }

  /** For the connection: a packet of this stream. */
  receive(frame: Frame): void {
    if (frame.status === MessageStatus.ERROR) {
      const error = LibvirtError.read(new XdrReader(frame.payload), this.#options.name);
      this.end(this.#state === "aborting" ? undefined : error);
    } else if (frame.type === MessageType.STREAM && frame.status === MessageStatus.OK) {
      this.end();
    } else if (this.#state === "open") {
      this.#enqueue(frame);
    }
  }

  /** For the connection: it is over, perhaps because the connection is lost. */
  end(error?: unknown): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#endOfFile = true;
    this.#error ??= error;
    this.#hold(false);
    if (error) this.#over.reject(error);
    else this.#over.resolve();
    this.#wake();
    this.#port.release();
  }

  #enqueue(frame: Frame): void {
    if (frame.type === MessageType.STREAM_HOLE) {
      this.#queue.push({ holeBytes: Number(hole.decode(new XdrReader(frame.payload)).length) });
    } else if (frame.payload.length === 0) {
      this.#endOfFile = true;
    } else {
      this.#queue.push(frame.payload);
      this.#queuedBytes += frame.payload.length;
      if (this.#queuedBytes > this.#options.highWaterBytes) this.#hold(true);
    }
    this.#wake();
  }

  #consumed(part: Uint8Array | StreamHole): void {
    if (!(part instanceof Uint8Array)) return;
    this.#queuedBytes -= part.length;
    if (this.#queuedBytes <= this.#options.highWaterBytes / 2) this.#hold(false);
  }

  #dropQueue(): void {
    this.#queue.length = 0;
    this.#queuedBytes = 0;
    this.#hold(false);
  }

  #hold(on: boolean): void {
    if (this.#holding === on) return;
    this.#holding = on;
    this.#port.hold(on);
  }

  #arrival(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }

  #mustBeOpen(): void {
    if (this.#state === "open") return;
    throw this.#error ?? new Error(`${this.#options.name}: the stream is ${this.#state}`);
  }
}

function* zeros(holeBytes: number): Generator<Uint8Array, void, undefined> {
  for (let left = holeBytes; left > 0; left -= STREAM_PACKET_BYTES) {
    yield new Uint8Array(Math.min(left, STREAM_PACKET_BYTES));
  }
}
