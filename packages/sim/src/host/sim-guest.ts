import { Channel, type Clock } from "@limiquantix/kit";
import type { ByteStream } from "@limiquantix/node";
import { SimScreen } from "./sim-screen.ts";
import { SimVnc } from "./sim-vnc.ts";

/** How a simulated guest behaves. */
export interface GuestBehaviour {
  bootMs: number;
  shutdownMs: number;
  /** Does not answer the power button. */
  stubborn: boolean;
}

/**
 * The software in a running VM.
 *
 *     booting ──bootMs──▶ up ──asked──▶ shutting down ──shutdownMs──▶ off
 *        ▲                 └──reboot──┐
 *        └────────────────────────────┘        paused: whatever falls due waits
 */
export class SimGuest {
  readonly #clock: Clock;
  readonly #behaviour: GuestBehaviour;
  readonly #on: { up: () => void; off: () => void };
  readonly #hostname: string;
  readonly #consoles = new Set<Channel<Uint8Array>>();
  readonly #viewers = new Set<SimVnc>();
  readonly screen = new SimScreen();
  #timer: Disposable | undefined;
  #waiting: (() => void) | undefined;
  #state: "booting" | "up" | "shutting down" | "off" = "booting";
  #paused = false;
  /** It has run since then, pauses left out. */
  #since: number;
  #pausedAt = 0;

  constructor(options: {
    clock: Clock;
    behaviour: GuestBehaviour;
    hostname: string;
    /** From saved memory: it goes on where it was. */
    resumed: boolean;
    on: { up: () => void; off: () => void };
  }) {
    this.#clock = options.clock;
    this.#since = options.clock.now();
    this.#behaviour = options.behaviour;
    this.#hostname = options.hostname;
    this.#on = options.on;
    if (options.resumed) this.#later(0, () => this.#up());
    else this.boot();
  }

  get up(): boolean {
    return this.#state === "up";
  }

  /** Milliseconds that it has run, pauses left out. */
  get ranMs(): number {
    return (this.#paused ? this.#pausedAt : this.#clock.now()) - this.#since;
  }

  get paused(): boolean {
    return this.#paused;
  }

  boot(): void {
    this.#state = "booting";
    this.screen.clear();
    this.screen.print(`limiquantix simulated firmware\n\nBooting ${this.#hostname} ...\n`);
    this.#later(this.#behaviour.bootMs, () => this.#up());
  }

  /** The power button. A guest that is still booting does not hear it. */
  askToStop(): void {
    if (this.#state !== "up" || this.#paused || this.#behaviour.stubborn) return;
    this.#state = "shutting down";
    this.#later(this.#behaviour.shutdownMs, () => this.#on.off());
  }

  setPaused(paused: boolean): void {
    if (paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#pausedAt = this.#clock.now();
    else this.#since += this.#clock.now() - this.#pausedAt;
    if (paused) return;
    const due = this.#waiting;
    this.#waiting = undefined;
    due?.();
  }

  /** The power is gone. */
  end(): void {
    this.#state = "off";
    this.#timer?.[Symbol.dispose]();
    this.#waiting = undefined;
    for (const console of this.#consoles) console.end();
    this.#consoles.clear();
    for (const viewer of this.#viewers) viewer.readable.end();
    this.#viewers.clear();
  }

  /** The serial port: echoes, and asks for a login at each line. */
  openSerial(): ByteStream {
    const output = new Channel<Uint8Array>();
    this.#consoles.add(output);
    const print = (text: string) => output.push(new TextEncoder().encode(text));
    const prompt = () => print(`\r\n${this.#hostname} login: `);
    if (this.up) prompt();
    return {
      readable: output,
      write: async (bytes) => {
        output.push(bytes.slice());
        if (bytes.includes(13) || bytes.includes(10)) prompt();
      },
      [Symbol.asyncDispose]: async () => {
        this.#consoles.delete(output);
        output.end();
      },
    };
  }

  /** The screen: it types what is typed, and asks for a login at each line. */
  openVnc(): ByteStream {
    const type = (key: string) => this.screen.print(key === "\n" ? `\n${this.#hostname} login: ` : key);
    const vnc = new SimVnc(this.screen, (key) => (this.up ? type(key) : undefined));
    this.#viewers.add(vnc);
    return {
      readable: vnc.readable,
      write: (bytes) => vnc.write(bytes),
      [Symbol.asyncDispose]: () => {
        this.#viewers.delete(vnc);
        return vnc[Symbol.asyncDispose]();
      },
    };
  }

  #up(): void {
    this.#state = "up";
    this.screen.print(`\nDebian GNU/Linux 13 ${this.#hostname} tty1\n\n${this.#hostname} login: `);
    for (const console of this.#consoles) console.push(new TextEncoder().encode(`\r\n${this.#hostname} login: `));
    this.#on.up();
  }

  #later(ms: number, fn: () => void): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.after(ms, () => {
      if (this.#paused) this.#waiting = fn;
      else fn();
    });
  }
}
