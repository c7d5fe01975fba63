import RFB from "@novnc/novnc";
import type { ConsoleChannel } from "../../api/console-channel.ts";
import { keysym, type Keystroke } from "./keysyms.ts";

export const scales = ["fit", "one", "guest"] as const;
export type Scale = (typeof scales)[number];

/** Slow enough for a BIOS, fast enough for a page of text. */
const keyEveryMs = 12;
const modifiers = [
  keysym.shift,
  keysym.shift + 1,
  keysym.control,
  keysym.control + 1,
  keysym.alt,
  keysym.alt + 1,
  keysym.super,
];

/** A VM's screen in the page: noVNC, and what it leaves to others. Loaded with the first console that is opened. */
export class VncView implements Disposable {
  readonly #rfb: RFB;
  readonly #target: HTMLElement;
  #ended = false;

  constructor(options: {
    target: HTMLElement;
    channel: ConsoleChannel;
    label: string;
    viewOnly: boolean;
    scale: Scale;
    on: { opened: () => void; closed: () => void };
  }) {
    const { target, channel, label, viewOnly, scale, on } = options;
    target.replaceChildren();
    this.#target = target;
    const rfb = (this.#rfb = new RFB(target, channel, { shared: true }));
    rfb.background = "transparent";
    rfb.viewOnly = viewOnly;
    rfb.showDotCursor = true;
    this.setScale(scale);
    rfb.addEventListener("connect", () => {
      this.#describe(label);
      on.opened();
    });
    rfb.addEventListener("disconnect", () => {
      this.#ended = true;
      on.closed();
    });
  }

  setViewOnly(viewOnly: boolean): void {
    this.#rfb.viewOnly = viewOnly;
  }

  /** `fit`: the picture as large as the window; `one`: as it is, with scroll bars; `guest`: the guest changes its size. */
  setScale(scale: Scale): void {
    this.#rfb.scaleViewport = scale === "fit";
    this.#rfb.resizeSession = scale === "guest";
  }

  focus(): void {
    this.#rfb.focus({ preventScroll: true });
  }

  /** Gives the keyboard back to the page: what is held down there is let go in the guest first. */
  leave(): void {
    for (const key of modifiers) this.#rfb.sendKey(key, null, false);
    this.#rfb.blur();
  }

  /** Keys held down in this order, and let go in the other. */
  press(keys: readonly number[]): void {
    for (const key of keys) this.#rfb.sendKey(key, null, true);
    for (const key of keys.toReversed()) this.#rfb.sendKey(key, null, false);
  }

  /** Presses one key after the other; `progress` hears how many are done. */
  async type(strokes: readonly Keystroke[], progress: (done: number) => void, signal: AbortSignal): Promise<void> {
    for (const [i, { keysym: key, shift }] of strokes.entries()) {
      if (signal.aborted || this.#ended) return;
      this.press(shift ? [keysym.shift, key] : [key]);
      progress(i + 1);
      await new Promise((resolve) => setTimeout(resolve, keyEveryMs));
    }
  }

  /** What is on the screen, as a PNG. */
  picture(): Promise<Blob | null> {
    return new Promise((resolve) => this.#rfb.toBlob(resolve, "image/png"));
  }

  [Symbol.dispose](): void {
    if (!this.#ended) this.#rfb.disconnect();
    this.#ended = true;
  }

  #describe(label: string): void {
    const canvas = this.#target.querySelector("canvas");
    canvas?.setAttribute("role", "application");
    canvas?.setAttribute("aria-label", label);
  }
}
