import type { Clock } from "@limiquantix/kit";
import { MessageType } from "../wire/frame.ts";
import type { Header } from "../wire/frame.ts";

/** "keep", the program number of libvirt's keepalive protocol. */
export const KEEPALIVE_PROGRAM = 0x6b65_6570;
const PING = 1;
const PONG = 2;

export interface KeepaliveOptions {
  /** Silence before a ping is sent, and between pings, in milliseconds. */
  intervalMs: number;
  /** Pings without any answer before the peer counts as dead. */
  count: number;
}

export const DEFAULT_KEEPALIVE: KeepaliveOptions = { intervalMs: 5000, count: 5 };

export const pingHeader: Header = keepaliveHeader(PING);
export const pongHeader: Header = keepaliveHeader(PONG);

export function isPing(header: Header): boolean {
  return header.program === KEEPALIVE_PROGRAM && header.procedure === PING;
}

function keepaliveHeader(procedure: number): Header {
  return { program: KEEPALIVE_PROGRAM, version: 1, procedure, type: MessageType.EVENT, serial: 0, status: 0 };
}

/** Sends pings into silence; anything heard counts as an answer. */
export class Keepalive implements Disposable {
  readonly #options: KeepaliveOptions & { clock: Clock; ping: () => void; onDead: () => void };
  #timer: Disposable | undefined;
  #heard = false;
  #unanswered = 0;
  /** While we do not read (a slow reader's doing), silence says nothing about the peer. */
  paused = false;

  constructor(options: KeepaliveOptions & { clock: Clock; ping: () => void; onDead: () => void }) {
    this.#options = options;
    this.#arm();
  }

  /** Something came from the peer, or it took something from us. */
  heard(): void {
    this.#heard = true;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #arm(): void {
    const { clock, intervalMs } = this.#options;
    this.#timer = clock.after(intervalMs, () => this.#tick(), { background: true });
  }

  #tick(): void {
    if (this.#heard || this.paused) this.#unanswered = 0;
    else if (this.#unanswered >= this.#options.count) return this.#options.onDead();
    else this.#unanswered++;
    if (this.#unanswered > 0) this.#options.ping();
    this.#heard = false;
    this.#arm();
  }
}
