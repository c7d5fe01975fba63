import type { Log } from "@limiquantix/kit";
import { events } from "./protocol/events.ts";
import type { EventDefinition, EventMessage, EventName } from "./protocol/events.ts";
import type { Frame } from "./wire/frame.ts";
import { XdrReader } from "./xdr/reader.ts";

export type EventHandler<N extends EventName> = (message: EventMessage<N>) => void;

interface Route {
  readonly definition: EventDefinition;
  readonly handler: (message: unknown) => void;
}

/** Finds the handler of an event message by its procedure and callback id. */
export class EventRouter {
  readonly #routes = new Map<string, Route>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  add<N extends EventName>(name: N, callbackId: number, handler: EventHandler<N>): void {
    const definition: EventDefinition = events[name];
    this.#routes.set(routeKey(definition, callbackId), { definition, handler: handler as (message: unknown) => void });
  }

  remove(name: EventName, callbackId: number): void {
    this.#routes.delete(routeKey(events[name], callbackId));
  }

  /** Messages of a subscription that was just given up are dropped. */
  dispatch(frame: Frame): void {
    const r = new XdrReader(frame.payload);
    if (r.remaining < 4) return;
    const route = this.#routes.get(routeKey(frame, r.int()));
    if (!route) return;
    const message = route.definition.message.decode(r);
    try {
      route.handler(message);
    } catch (error) {
      this.#log.error("a handler of a libvirt event threw", { error });
    }
  }
}

function routeKey({ program, procedure }: { program: number; procedure: number }, callbackId: number): string {
  return `${program}:${procedure}:${callbackId}`;
}
