import { duplexPair } from "node:stream";
import type { Duplex } from "node:stream";
import { Channel } from "@limiquantix/kit";
import { errorMessage } from "../src/errors.ts";
import { events } from "../src/protocol/events.ts";
import type { EventMessage, EventName } from "../src/protocol/events.ts";
import { procedures } from "../src/protocol/procedures.ts";
import type { ProcedureArgs, ProcedureName, ProcedureResult } from "../src/protocol/procedures.ts";
import { FrameReader } from "../src/wire/frame-reader.ts";
import { MessageStatus, MessageType, sealFrame, startFrame } from "../src/wire/frame.ts";
import type { Frame, Header } from "../src/wire/frame.ts";
import { XdrReader } from "../src/xdr/reader.ts";
import type { Encodable } from "../src/xdr/types.ts";

/** The server's end of a connection, played by a test line by line: a peer that says what the test says, no fake libvirt. */
export class ScriptedServer {
  readonly transport: Duplex;
  /** The client's end, when the test made no connection itself. */
  readonly client: Duplex;
  readonly #frames = new FrameReader();
  readonly #received: Channel<Frame> = new Channel();

  constructor(transport?: Duplex) {
    const [client, server] = duplexPair();
    this.client = client;
    this.transport = transport ?? server;
    this.transport.on("data", (bytes: Uint8Array) => {
      for (const frame of this.#frames.push(bytes)) this.#received.push(frame);
    });
    this.transport.on("error", () => {});
    this.transport.on("close", () => this.#received.end());
  }

  /** The next message of the client; it must come soon. */
  async next(): Promise<Frame> {
    const { value, done } = await this.#received.next();
    if (done) throw new Error("the client closed the connection");
    return value;
  }

  /** The next message, which must be a call of `name`. */
  async call<N extends ProcedureName>(name: N): Promise<{ frame: Frame; args: ProcedureArgs<N> }> {
    const frame = await this.next();
    const { program, number, args } = procedures[name];
    if (frame.type !== MessageType.CALL || frame.program !== program || frame.procedure !== number) {
      throw new Error(`expected a call of ${name}, got type ${frame.type} procedure ${frame.procedure}`);
    }
    return { frame, args: args.decode(new XdrReader(frame.payload)) as ProcedureArgs<N> };
  }

  /** Takes a call of `name` and answers it. */
  async answer<N extends ProcedureName>(name: N, result: ProcedureResult<N>): Promise<ProcedureArgs<N>> {
    const { frame, args } = await this.call(name);
    this.send(this.reply(frame, name, result));
    return args;
  }

  /** What Libvirt.connect asks first. */
  async greet(): Promise<void> {
    await this.answer("AUTH_LIST", { types: [0] });
    await this.answer("CONNECT_OPEN", {});
    await this.answer("CONNECT_SUPPORTS_FEATURE", { supported: 1 });
  }

  reply<N extends ProcedureName>(to: Header, name: N, result: ProcedureResult<N>): Uint8Array {
    const w = startFrame({ ...to, type: MessageType.REPLY, status: MessageStatus.OK });
    procedures[name].result.encode(w, result as never);
    return sealFrame(w);
  }

  /** An error, as answer to a call or in a stream. */
  failure(to: Header, error: Partial<Encodable<typeof errorMessage>>): Uint8Array {
    const type = to.type === MessageType.CALL ? MessageType.REPLY : to.type;
    const w = startFrame({ ...to, type, status: MessageStatus.ERROR });
    errorMessage.encode(w, { code: 1, domain: 10, level: 2, int1: -1, int2: -1, ...error });
    return sealFrame(w);
  }

  event<N extends EventName>(name: N, callbackId: number, message: EventMessage<N>): Uint8Array {
    const { program, procedure, message: layout } = events[name];
    const w = startFrame({
      program,
      version: 1,
      procedure,
      type: MessageType.EVENT,
      serial: 0,
      status: MessageStatus.OK,
    });
    w.int(callbackId);
    layout.encode(w, message as never);
    return sealFrame(w);
  }

  /** A packet of the stream that `opener` opened; without data it means end of file. */
  packet(opener: Header, data = new Uint8Array(), status: number = MessageStatus.CONTINUE): Uint8Array {
    const w = startFrame({ ...opener, type: MessageType.STREAM, status });
    w.unpadded(data);
    return sealFrame(w);
  }

  /** Messages in one piece, as a busy server's arrive. Answers whether there is room for more. */
  send(...messages: Uint8Array[]): boolean {
    return this.transport.write(Buffer.concat(messages));
  }
}
