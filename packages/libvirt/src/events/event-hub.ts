import { SerialQueue } from "@limiquantix/kit";
import type { Log } from "@limiquantix/kit";
import { events } from "../protocol/events.ts";
import type { EventDefinition, EventMessage, EventName, EventSubject } from "../protocol/events.ts";
import type { CallName } from "../protocol/procedures.ts";
import type { Frame } from "../wire/frame.ts";
import { XdrReader } from "../xdr/reader.ts";
import { deregistration, registration, subjectKey } from "./registration.ts";

export type EventHandler<N extends EventName> = (message: EventMessage<N>) => void;

export interface SubscribeOptions<N extends EventName> {
  /** Only of this domain (network, pool, device, secret). */
  subject?: EventSubject<N> | undefined;
  /** Ends the subscription. */
  signal?: AbortSignal | undefined;
}

/** A call as the hub needs it: `onReply` runs before any message that follows the reply is looked at. */
export type HubCall = (name: CallName, args: object, onReply?: (result: unknown) => void) => Promise<unknown>;

/** One registration at libvirtd, which refuses a second one for the same event and subject, and all who listen. */
interface Watch {
  readonly key: string;
  readonly definition: EventDefinition;
  readonly listeners: Set<{ handler: (message: unknown) => void }>;
  /** Turning on and off, one at a time. */
  readonly queue: SerialQueue;
  callbackId: number | undefined;
}

export class EventHub {
  readonly #watches = new Map<string, Watch>();
  readonly #routes = new Map<string, Watch>();
  readonly #call: HubCall;
  readonly #log: Log;

  constructor(call: HubCall, log: Log) {
    this.#call = call;
    this.#log = log;
  }

  async subscribe<N extends EventName>(
    name: N,
    handler: EventHandler<N>,
    { subject, signal }: SubscribeOptions<N> = {},
  ): Promise<AsyncDisposable> {
    signal?.throwIfAborted();
    const listener = { handler: handler as (message: unknown) => void };
    const watch = this.#watch(name, subject);
    const leave = () => this.#leave(watch, listener);
    const joined = watch.queue.run(() => this.#join(watch, listener, subject));
    await joined;
    // Registering is not cut short: libvirtd would keep a registration that nobody here knows of.
    if (signal?.aborted) {
      await leave();
      signal.throwIfAborted();
    }
    const onAbort = () => void leave().catch((error: unknown) => this.#log.warn("unsubscribe from libvirt", { error }));
    signal?.addEventListener("abort", onAbort, { once: true });
    return {
      [Symbol.asyncDispose]: () => {
        signal?.removeEventListener("abort", onAbort);
        return leave();
      },
    };
  }

  /** Messages of a registration that was just given up are dropped. */
  dispatch(frame: Frame): void {
    const r = new XdrReader(frame.payload);
    if (r.remaining < 4) return;
    const watch = this.#routes.get(routeKey(frame, r.int()));
    if (!watch) return;
    const message = watch.definition.message.decode(r);
    for (const { handler } of watch.listeners) {
      try {
        handler(message);
      } catch (error) {
        this.#log.error("a handler of a libvirt event threw", { event: watch.key, error });
      }
    }
  }

  /** The connection is gone, and with it every registration. */
  clear(): void {
    for (const watch of this.#watches.values()) watch.callbackId = undefined;
    this.#watches.clear();
    this.#routes.clear();
  }

  #watch(name: EventName, subject: object | undefined): Watch {
    const key = `${name} ${subjectKey(subject)}`;
    const known = this.#watches.get(key);
    if (known) return known;
    const watch: Watch = {
      key,
      definition: events[name],
      listeners: new Set(),
      queue: new SerialQueue(),
      callbackId: undefined,
    };
    this.#watches.set(key, watch);
    return watch;
  }

  async #join(watch: Watch, listener: { handler: (message: unknown) => void }, subject: object | undefined) {
    watch.listeners.add(listener);
    if (watch.callbackId !== undefined) return;
    const { name, args } = registration(watch.definition, subject);
    try {
      await this.#call(name, args, (result) => {
        const { callbackID } = result as { callbackID: number };
        watch.callbackId = callbackID;
        this.#routes.set(routeKey(watch.definition, callbackID), watch);
      });
    } catch (cause) {
      watch.listeners.delete(listener);
      this.#forgetIfIdle(watch);
      throw new Error(`subscribe to libvirt event ${watch.key}`, { cause });
    }
  }

  #leave(watch: Watch, listener: { handler: (message: unknown) => void }): Promise<void> {
    watch.listeners.delete(listener);
    return watch.queue.run(async () => {
      const { callbackId, definition } = watch;
      if (watch.listeners.size > 0 || callbackId === undefined) return;
      watch.callbackId = undefined;
      this.#routes.delete(routeKey(definition, callbackId));
      try {
        await this.#call(deregistration(definition), { callbackID: callbackId });
      } finally {
        this.#forgetIfIdle(watch);
      }
    });
  }

  #forgetIfIdle(watch: Watch): void {
    const runsAlone = watch.queue.length <= 1;
    if (runsAlone && watch.listeners.size === 0) this.#watches.delete(watch.key);
  }
}

function routeKey({ program, procedure }: { program: number; procedure: number }, callbackId: number): string {
  return `${program}:${procedure}:${callbackId}`;
}
