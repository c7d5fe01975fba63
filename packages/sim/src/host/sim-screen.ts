import type { Picture } from "@limiquantix/node";
import { glyphColumns, glyphRows, isLit } from "./screen-font.ts";

const [columns, rows, scale] = [64, 24, 2];
const [cellWidth, cellHeight] = [glyphColumns * scale, glyphRows * scale];
export const screenSize = { width: columns * cellWidth, height: rows * cellHeight };

/** Greys: the same of red, green and blue. */
const [ink, ground] = [0xd0, 0x12];

/** A screen of text: what is printed runs down it, and scrolls at its end. */
export class SimScreen {
  #lines: string[] = [""];
  #version = 0;
  readonly #listeners = new Set<() => void>();

  /** Counts up at each change. */
  get version(): number {
    return this.#version;
  }

  /** Line feeds begin a line, backspace takes a letter back. */
  print(text: string): void {
    for (const letter of text) this.#put(letter);
    this.#version++;
    for (const listener of this.#listeners) listener();
  }

  clear(): void {
    this.#lines = [""];
    this.print("");
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  picture(): Picture {
    const { width, height } = screenSize;
    const rgb = new Uint8Array(width * height * 3).fill(ground);
    for (let y = 0; y < height; y++) {
      const line = this.#lines[Math.floor(y / cellHeight)] ?? "";
      const row = Math.floor((y % cellHeight) / scale);
      for (let x = 0; x < line.length * cellWidth; x++) {
        const column = Math.floor((x % cellWidth) / scale);
        const at = (y * width + x) * 3;
        if (isLit(line.charCodeAt(Math.floor(x / cellWidth)), column, row)) rgb.fill(ink, at, at + 3);
      }
    }
    return { width, height, rgb };
  }

  #put(letter: string): void {
    const line = this.#lines.pop() ?? "";
    if (letter === "\n") this.#lines.push(line, "");
    else if (letter === "\b") this.#lines.push(line.slice(0, -1));
    else if (line.length < columns) this.#lines.push(line + letter);
    else this.#lines.push(line, letter);
    this.#lines = this.#lines.slice(-rows);
  }
}
