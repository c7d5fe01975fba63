import { Channel, silentLog } from "@limiquantix/kit";
import type { Log } from "@limiquantix/kit";
import { EventHub } from "./events/event-hub.ts";
import type { EventHandler, SubscribeOptions } from "./events/event-hub.ts";
import type { EventMessage, EventName } from "./protocol/events.ts";
import { procedures } from "./protocol/procedures.ts";
import type {
  CallName,
  ProcedureArgs,
  ProcedureName,
  ProcedureResult,
  StreamProcedureName,
} from "./protocol/procedures.ts";
import { RpcConnection } from "./rpc/connection.ts";
import type { RpcOptions } from "./rpc/connection.ts";
import type { LibvirtStream } from "./rpc/stream.ts";
import { openTransport } from "./wire/transport.ts";
import type { Address } from "./wire/transport.ts";
import type { Duplex } from "node:stream";

export interface ConnectOptions extends Omit<RpcOptions, "onEvent"> {
  /** Where libvirtd listens, or a byte stream to it that is open already. */
  address: Address | Duplex;
  /** Which driver; default `qemu:///system`. */
  uri?: string;
  readOnly?: boolean;
  /**
   * Whether libvirtd may ping us; default true. It hangs up on a client that does not answer (`keepalive_interval`
   * × `keepalive_count` in libvirtd.conf), as one does not while a stream holds up reading.
   */
  serverKeepalive?: boolean;
  log?: Log;
}

export interface CallOptions {
  /** Aborting rejects the call at once. libvirt has no way to stop it: it is still carried out. */
  signal?: AbortSignal | undefined;
}

/** `[args, options]`; both may be left out when no argument is needed. */
export type CallRest<N extends ProcedureName> =
  {} extends ProcedureArgs<N>
    ? [args?: ProcedureArgs<N>, options?: CallOptions]
    : [args: ProcedureArgs<N>, options?: CallOptions];

/** What an open connection and one that comes back by itself have in common. */
export type LibvirtApi = Pick<Libvirt, "call" | "stream" | "subscribe">;

const AuthType = { NONE: 0, POLKIT: 2 } as const;
/** virDrvFeature: the server may send keepalive pings. */
const FEATURE_KEEPALIVE = 10;

/**
 * An open connection to a libvirtd.
 *
 *     await using libvirt = await Libvirt.connect({ address: { socket: "/run/libvirt/libvirt-sock" } });
 *     const { dom } = await libvirt.call("DOMAIN_LOOKUP_BY_NAME", { name: "web-1" });
 *     await libvirt.call("DOMAIN_CREATE_WITH_FLAGS", { dom, flags: StartFlag.PAUSED });
 */
export class Libvirt implements AsyncDisposable {
  readonly #rpc: RpcConnection;
  readonly #hub: EventHub;

  private constructor(transport: Duplex, options: ConnectOptions) {
    this.#rpc = new RpcConnection(transport, { ...options, onEvent: (frame) => this.#hub.dispatch(frame) });
    this.#hub = new EventHub((name, args, onReply) => this.#call(name, args, {}, onReply), options.log ?? silentLog);
    void this.#rpc.closed.then(() => this.#hub.clear());
  }

  /** Connects, authenticates (none, or polkit) and opens `uri`. `signal` covers only this. */
  static async connect(options: ConnectOptions, { signal }: CallOptions = {}): Promise<Libvirt> {
    const { address, uri = "qemu:///system", readOnly = false, serverKeepalive = true } = options;
    const transport = isStream(address) ? address : await openTransport(address, signal);
    const libvirt = new Libvirt(transport, options);
    try {
      await libvirt.#authenticate(signal);
      await libvirt.call("CONNECT_OPEN", { name: uri, flags: readOnly ? 1 : 0 }, { signal });
      if (serverKeepalive) {
        await libvirt.call("CONNECT_SUPPORTS_FEATURE", { feature: FEATURE_KEEPALIVE }, { signal });
      }
      return libvirt;
    } catch (cause) {
      libvirt.close();
      signal?.throwIfAborted();
      throw new Error(`open libvirt ${uri}`, { cause });
    }
  }

  /** Resolves with the reason when the connection is gone. */
  get closed(): Promise<Error> {
    return this.#rpc.closed;
  }

  get isClosed(): boolean {
    return this.#rpc.isClosed;
  }

  /** Calls a procedure. Rejects with `LibvirtError`, `LibvirtDisconnectedError` or the signal's reason. */
  call<N extends CallName>(name: N, ...[args, options]: CallRest<N>): Promise<ProcedureResult<N>> {
    return this.#call(name, args ?? {}, options);
  }

  /** Calls a procedure that opens a stream. The signal covers the stream for all of its life. */
  async stream<N extends StreamProcedureName>(
    name: N,
    args: ProcedureArgs<N>,
    options: CallOptions = {},
  ): Promise<{ result: ProcedureResult<N>; stream: LibvirtStream }> {
    const procedure = procedures[name];
    const { result, stream } = await this.#rpc.stream({ name, procedure, args, signal: options.signal });
    return { result: result as ProcedureResult<N>, stream };
  }

  /** `handler` hears every such event until the answer is disposed of, the signal aborts or the connection is gone. */
  subscribe<N extends EventName>(
    name: N,
    handler: EventHandler<N>,
    options: SubscribeOptions<N> = {},
  ): Promise<AsyncDisposable> {
    return this.#hub.subscribe(name, handler, options);
  }

  /**
   * Events as an iterable: registered when the promise resolves, ended by the signal or by leaving the loop. Losing
   * the connection is an error for the reader, as is falling more than 10,000 events behind.
   */
  async events<N extends EventName>(
    name: N,
    { subject, signal }: SubscribeOptions<N> = {},
  ): Promise<AsyncIterableIterator<EventMessage<N>>> {
    const over = new AbortController();
    const channel: Channel<EventMessage<N>> = new Channel({ signal, onEnd: () => over.abort() });
    await this.#hub.subscribe(name, (message) => channel.push(message), { subject, signal: over.signal });
    void this.closed.then((reason) => channel.end(reason));
    return channel;
  }

  close(): void {
    this.#rpc.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #call<N extends CallName>(
    name: N,
    args: object,
    options: CallOptions = {},
    onReply?: (result: unknown) => void,
  ): Promise<ProcedureResult<N>> {
    const procedure = procedures[name];
    const result = await this.#rpc.call({ name, procedure, args, signal: options.signal, onReply });
    return result as ProcedureResult<N>;
  }

  async #authenticate(signal: AbortSignal | undefined): Promise<void> {
    const { types } = await this.call("AUTH_LIST", {}, { signal });
    if (types.length === 0 || types.includes(AuthType.NONE)) return;
    if (types.includes(AuthType.POLKIT)) {
      await this.call("AUTH_POLKIT", {}, { signal });
      return;
    }
    throw new Error(`libvirtd wants SASL, which is not spoken here: use its unix socket or TLS with certificates`);
  }
}

function isStream(address: Address | Duplex): address is Duplex {
  return "pipe" in address;
}
