import { backoffMs, silentLog, sleep, systemClock } from "@limiquantix/kit";
import type { BackoffOptions, Clock, Log } from "@limiquantix/kit";
import { LibvirtDisconnectedError, LibvirtError } from "./errors.ts";
import type { EventHandler, SubscribeOptions } from "./events/event-hub.ts";
import { Libvirt } from "./libvirt.ts";
import type { CallOptions, CallRest, ConnectOptions, LibvirtApi } from "./libvirt.ts";
import type { EventName } from "./protocol/events.ts";
import type { CallName, ProcedureArgs, ProcedureResult, StreamProcedureName } from "./protocol/procedures.ts";
import type { LibvirtStream } from "./rpc/stream.ts";
import type { Address } from "./wire/transport.ts";

export interface LibvirtConnectionOptions extends ConnectOptions {
  address: Address;
  backoff?: BackoffOptions;
  /** How long one attempt to connect may take; default 10 s. */
  connectTimeoutMs?: number;
}

export type ConnectionState =
  | { readonly state: "connected"; readonly libvirt: Libvirt }
  | { readonly state: "disconnected"; readonly reason: Error };

interface Wanted {
  readonly subscribe: (libvirt: Libvirt) => Promise<AsyncDisposable>;
  readonly name: EventName;
  active: AsyncDisposable | undefined;
}

const DEFAULT_BACKOFF: BackoffOptions = { baseMs: 100, maxMs: 5000 };

/**
 * A connection that comes back by itself:
 *
 *     disconnected ── opened, and all events registered anew ──► connected
 *          ▲ └─ attempt failed: wait, longer each time ─┘           │
 *          └──────────────────── lost ◄─────────────────────────────┘
 *
 * Events of the time without a connection are lost: on "connected", read anew what matters.
 */
export class LibvirtConnection implements LibvirtApi, AsyncDisposable {
  readonly #options: LibvirtConnectionOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #wanted = new Set<Wanted>();
  readonly #listeners = new Set<(state: ConnectionState) => void>();
  readonly #running: Promise<void>;
  #state: ConnectionState = { state: "disconnected", reason: new Error("not connected yet") };

  /** Starts connecting at once. */
  constructor(options: LibvirtConnectionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLog;
    this.#running = this.#run();
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Hears of the present state at once, then of every change, and of each failed attempt as one more "disconnected". */
  onState(listener: (state: ConnectionState) => void): Disposable {
    this.#listeners.add(listener);
    this.#tell(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** The open connection; waits for it. */
  connected(signal?: AbortSignal): Promise<Libvirt> {
    const both = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    return new Promise((resolve, reject) => {
      if (both.aborted) return reject(both.reason);
      const onAbort = () => {
        listening[Symbol.dispose]();
        reject(both.reason);
      };
      const listener = (state: ConnectionState) => {
        if (state.state !== "connected") return;
        this.#listeners.delete(listener);
        both.removeEventListener("abort", onAbort);
        resolve(state.libvirt);
      };
      both.addEventListener("abort", onAbort, { once: true });
      const listening = this.onState(listener);
    });
  }

  /** As `Libvirt.call`; without a connection it fails at once ("unsent"). It is never repeated here. */
  async call<N extends CallName>(name: N, ...rest: CallRest<N>): Promise<ProcedureResult<N>> {
    return this.#current(name).call(name, ...rest);
  }

  /** As `Libvirt.stream`. */
  async stream<N extends StreamProcedureName>(
    name: N,
    args: ProcedureArgs<N>,
    options?: CallOptions,
  ): Promise<{ result: ProcedureResult<N>; stream: LibvirtStream }> {
    return this.#current(name).stream(name, args, options);
  }

  /** As `Libvirt.subscribe`, but for good: registered again after each reconnect, before that is announced. */
  async subscribe<N extends EventName>(
    name: N,
    handler: EventHandler<N>,
    options: SubscribeOptions<N> = {},
  ): Promise<AsyncDisposable> {
    const wanted: Wanted = {
      name,
      subscribe: (libvirt) => libvirt.subscribe(name, handler, options),
      active: undefined,
    };
    this.#wanted.add(wanted);
    const end = async () => {
      this.#wanted.delete(wanted);
      const { active } = wanted;
      wanted.active = undefined;
      await active?.[Symbol.asyncDispose]();
    };
    // The subscription itself hears the signal too; this only keeps it from being made again.
    options.signal?.addEventListener("abort", () => this.#wanted.delete(wanted), { once: true });
    if (this.#state.state === "connected") {
      try {
        await this.#register(wanted, this.#state.libvirt);
      } catch (error) {
        if (!(error instanceof LibvirtDisconnectedError)) {
          this.#wanted.delete(wanted);
          throw error;
        }
      }
    }
    return { [Symbol.asyncDispose]: end };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new LibvirtDisconnectedError("the libvirt connection was closed", { outcome: "unsent" }));
    await this.#running;
  }

  async #run(): Promise<void> {
    const stopped = this.#stop.signal;
    const aborted = new Promise<Error>((resolve) => {
      stopped.addEventListener("abort", () => resolve(stopped.reason), { once: true });
    });
    for (let attempt = 1; !stopped.aborted; attempt++) {
      try {
        const libvirt = await this.#open();
        attempt = 0;
        this.#change({ state: "connected", libvirt });
        const reason = await Promise.race([libvirt.closed, aborted]);
        libvirt.close();
        this.#change({ state: "disconnected", reason });
        if (!stopped.aborted) this.#log.warn("connection to libvirt lost", { reason });
      } catch (error) {
        if (stopped.aborted) return;
        const reason = error instanceof Error ? error : new Error(String(error));
        this.#change({ state: "disconnected", reason });
        this.#log.warn("cannot connect to libvirt", { attempt, reason });
      }
      const waitMs = backoffMs(Math.max(attempt, 1), this.#options.backoff ?? DEFAULT_BACKOFF);
      await sleep(this.#clock, waitMs, { signal: stopped }).catch(() => {});
    }
  }

  async #open(): Promise<Libvirt> {
    const { connectTimeoutMs = 10_000 } = this.#options;
    const late = new AbortController();
    const timer = this.#clock.after(connectTimeoutMs, () =>
      late.abort(new Error(`libvirtd did not answer within ${connectTimeoutMs} ms`)),
    );
    const signal = AbortSignal.any([late.signal, this.#stop.signal]);
    let libvirt: Libvirt | undefined;
    const closeIfLate = () => libvirt?.close();
    signal.addEventListener("abort", closeIfLate, { once: true });
    try {
      libvirt = await Libvirt.connect(this.#options, { signal });
      for (const wanted of this.#wanted) await this.#registerAgain(wanted, libvirt);
      signal.throwIfAborted();
      return libvirt;
    } catch (error) {
      libvirt?.close();
      signal.throwIfAborted();
      throw error;
    } finally {
      timer[Symbol.dispose]();
      signal.removeEventListener("abort", closeIfLate);
    }
  }

  async #registerAgain(wanted: Wanted, libvirt: Libvirt): Promise<void> {
    try {
      await this.#register(wanted, libvirt);
    } catch (error) {
      // A domain that went away meanwhile must not keep everything else from being connected.
      if (!(error instanceof Error && error.cause instanceof LibvirtError)) throw error;
      this.#log.warn("cannot subscribe to a libvirt event again", { event: wanted.name, error });
    }
  }

  async #register(wanted: Wanted, libvirt: Libvirt): Promise<void> {
    const active = await wanted.subscribe(libvirt);
    if (this.#wanted.has(wanted)) wanted.active = active;
    else await active[Symbol.asyncDispose]();
  }

  #current(name: string): Libvirt {
    if (this.#state.state === "connected") return this.#state.libvirt;
    const { reason: cause } = this.#state;
    throw new LibvirtDisconnectedError(`${name}: not connected to libvirtd`, { outcome: "unsent", cause });
  }

  #change(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) this.#tell(listener);
  }

  #tell(listener: (state: ConnectionState) => void): void {
    try {
      listener(this.#state);
    } catch (error) {
      this.#log.error("a listener of the libvirt connection threw", { error });
    }
  }
}
