import { Channel } from "@limiquantix/kit";
import type { ByteStream } from "@limiquantix/node";
import { screenSize, type SimScreen } from "./sim-screen.ts";

/** How many bytes each of a client's messages has; a length that it tells itself is at `count`. RFC 6143, 7.5. */
const messages: Record<number, { fixed: number; count?: (view: DataView) => number }> = {
  0: { fixed: 20 },
  2: { fixed: 4, count: (view) => 4 * view.getUint16(2) },
  3: { fixed: 10 },
  4: { fixed: 8 },
  5: { fixed: 6 },
  6: { fixed: 8, count: (view) => Math.abs(view.getInt32(4)) },
};

/**
 * A VNC server (RFB 3.8 without security, RFC 6143) that shows a screen of text and types what is typed.
 *
 *     version ─▶ security ─▶ init ─▶ messages
 */
export class SimVnc implements ByteStream {
  readonly readable = new Channel<Uint8Array>();
  readonly #screen: SimScreen;
  readonly #type: (key: string) => void;
  readonly #listening: Disposable;
  #step: "version" | "security" | "init" | "messages" = "version";
  #input = new Uint8Array();
  #shown = -1;
  #asked = false;
  /** Red, green and blue within a pixel of 32 bits: the client chooses. */
  #shifts: readonly [number, number, number] = [16, 8, 0];

  constructor(screen: SimScreen, type: (key: string) => void) {
    this.#screen = screen;
    this.#type = type;
    this.#listening = screen.onChange(() => this.#update());
    this.readable.push(new TextEncoder().encode("RFB 003.008\n"));
  }

  async write(bytes: Uint8Array): Promise<void> {
    const input = new Uint8Array(this.#input.length + bytes.length);
    input.set(this.#input);
    input.set(bytes, this.#input.length);
    this.#input = input;
    while (this.#next()) {
      // Each round takes one message.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening[Symbol.dispose]();
    this.readable.end();
  }

  #next(): boolean {
    switch (this.#step) {
      case "version":
        if (!this.#take(12)) return false;
        this.readable.push(Uint8Array.of(1, 1));
        this.#step = "security";
        return true;
      case "security":
        if (!this.#take(1)) return false;
        this.readable.push(Uint8Array.of(0, 0, 0, 0));
        this.#step = "init";
        return true;
      case "init":
        if (!this.#take(1)) return false;
        this.readable.push(serverInit());
        this.#step = "messages";
        return true;
      case "messages":
        return this.#message();
    }
  }

  #message(): boolean {
    const view = new DataView(this.#input.buffer);
    if (view.byteLength === 0) return false;
    const kind = messages[view.getUint8(0)];
    if (!kind) {
      this.readable.end();
      return false;
    }
    if (view.byteLength < kind.fixed) return false;
    const message = this.#take(kind.fixed + (kind.count?.(view) ?? 0));
    if (!message) return false;
    this.#carryOut(new DataView(message.buffer));
    return true;
  }

  #carryOut(message: DataView): void {
    switch (message.getUint8(0)) {
      case 0:
        this.#shifts = [message.getUint8(14), message.getUint8(15), message.getUint8(16)];
        break;
      case 3:
        this.#asked = true;
        if (message.getUint8(1) === 0) this.#shown = -1;
        this.#update();
        break;
      case 4:
        if (message.getUint8(1) === 1) this.#key(message.getUint32(4));
        break;
    }
  }

  /** X11 keysyms: Latin-1 stands for itself. */
  #key(keysym: number): void {
    if (keysym >= 32 && keysym < 127) this.#type(String.fromCharCode(keysym));
    else if (keysym === 0xff0d || keysym === 0xff8d) this.#type("\n");
    else if (keysym === 0xff08) this.#type("\b");
  }

  /** The whole screen, raw, to whoever waits for a change. */
  #update(): void {
    if (!this.#asked || this.#shown === this.#screen.version) return;
    this.#asked = false;
    this.#shown = this.#screen.version;
    const { width, height, rgb } = this.#screen.picture();
    const bytes = new Uint8Array(16 + width * height * 4);
    const view = new DataView(bytes.buffer);
    view.setUint16(2, 1);
    view.setUint16(8, width);
    view.setUint16(10, height);
    const [red, green, blue] = this.#shifts;
    for (let i = 0; i < width * height; i++) {
      const pixel = ((rgb[i * 3] ?? 0) << red) | ((rgb[i * 3 + 1] ?? 0) << green) | ((rgb[i * 3 + 2] ?? 0) << blue);
      view.setUint32(16 + i * 4, pixel, true);
    }
    this.readable.push(bytes);
  }

  #take(count: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.#input.length < count) return undefined;
    const taken = this.#input.slice(0, count);
    this.#input = this.#input.slice(count);
    return taken;
  }
}

function serverInit(): Uint8Array {
  const name = new TextEncoder().encode("simulated");
  const bytes = new Uint8Array(24 + name.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, screenSize.width);
  view.setUint16(2, screenSize.height);
  // 32 bits a pixel, depth 24, little-endian, true colour, 255 of each, shifts.
  bytes.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
  view.setUint32(20, name.length);
  bytes.set(name, 24);
  return bytes;
}
