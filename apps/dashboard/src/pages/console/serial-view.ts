import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Terminal } from "@xterm/xterm";
import type { ConsoleChannel } from "../../api/console-channel.ts";

/** Window and icon titles, links, the clipboard: a guest's output changes the terminal's cells and nothing else. */
const ignoredCommands = [0, 1, 2, 8, 9, 52, 777];
const scrollback = 10_000;

/** A terminal that outlives its connections: what was printed before a break stays above. */
export class SerialView implements Disposable {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #observer: ResizeObserver;
  readonly #themes: MutationObserver;
  #channel: ConsoleChannel | undefined;

  constructor(target: HTMLElement, on: { leave: () => void; find: () => void }) {
    const terminal = (this.#terminal = new Terminal({
      scrollback,
      fontFamily: 'ui-monospace, "SF Mono", "JetBrains Mono", Menlo, Consolas, monospace',
      fontSize: 13,
      cursorBlink: false,
      theme: themeOf(target),
      screenReaderMode: true,
      minimumContrastRatio: 4.5,
    }));
    for (const command of ignoredCommands) terminal.parser.registerOscHandler(command, () => true);
    terminal.loadAddon(this.#fit);
    terminal.loadAddon(this.#search);
    terminal.open(target);
    const encoder = new TextEncoder();
    terminal.onData((text) => this.#send(encoder.encode(text)));
    // Mouse reports may have bytes that are no UTF-8.
    terminal.onBinary((text) => this.#send(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    terminal.attachCustomKeyEventHandler((event) => this.#onKey(event, on));
    this.#observer = new ResizeObserver(() => this.#fit.fit());
    this.#observer.observe(target);
    this.#themes = new MutationObserver(() => (terminal.options.theme = themeOf(target)));
    this.#themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  /** Speaks through this channel until it closes or is disposed of. */
  attach(channel: ConsoleChannel, on: { opened: () => void; closed: () => void }): Disposable {
    this.#channel = channel;
    channel.onopen = () => on.opened();
    channel.onmessage = ({ data }) => this.#terminal.write(new Uint8Array(data as ArrayBuffer));
    const over = () => {
      if (this.#channel === channel) this.#channel = undefined;
    };
    channel.onclose = () => {
      over();
      on.closed();
    };
    return {
      [Symbol.dispose]() {
        channel.onclose = null;
        over();
        channel.close();
      },
    };
  }

  focus(): void {
    this.#terminal.focus();
  }

  clear(): void {
    this.#terminal.clear();
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  async copy(): Promise<void> {
    if (this.selection) await navigator.clipboard.writeText(this.selection);
  }

  async paste(): Promise<void> {
    this.#terminal.paste(await navigator.clipboard.readText());
  }

  /** False: the text is nowhere. */
  find(text: string, direction: "next" | "previous"): boolean {
    return direction === "next" ? this.#search.findNext(text) : this.#search.findPrevious(text);
  }

  [Symbol.dispose](): void {
    this.#observer.disconnect();
    this.#themes.disconnect();
    this.#terminal.dispose();
  }

  #send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#channel?.readyState === WebSocket.OPEN) this.#channel.send(bytes);
  }

  #onKey(event: KeyboardEvent, on: { leave: () => void; find: () => void }): boolean {
    if (event.type !== "keydown") return true;
    const act = (work: () => unknown) => {
      event.preventDefault();
      event.stopPropagation();
      work();
      return false;
    };
    if (event.key === "Escape" && event.shiftKey) return act(on.leave);
    if (!event.ctrlKey || !event.shiftKey) return true;
    if (event.code === "KeyC") return act(() => this.copy());
    if (event.code === "KeyV") return act(() => this.paste().catch(() => {}));
    if (event.code === "KeyF") return act(on.find);
    return true;
  }
}

function themeOf(element: HTMLElement): Record<string, string> {
  const styles = getComputedStyle(element);
  const value = (name: string) => styles.getPropertyValue(name).trim();
  return {
    background: value("--ground"),
    foreground: value("--text"),
    cursor: value("--accent"),
    selectionBackground: value("--accent-soft"),
  };
}
