import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { ReadStream } from "node:tty";
import { createPaint, type Paint } from "../output/paint.ts";

/** The three streams, and what they are. Results go to `out`; progress, hints and questions to `err`. */
export interface Terminal {
  readonly input: Readable & { isTTY?: boolean; setRawMode?: ReadStream["setRawMode"] };
  readonly output: Writable & { isTTY?: boolean; columns?: number };
  readonly errors: Writable & { isTTY?: boolean; columns?: number };
  /** Colours for `output` and for `errors`. */
  readonly paint: Paint;
  readonly paintErrors: Paint;
}

export function createTerminal(streams: Pick<Terminal, "input" | "output" | "errors">, colour: boolean): Terminal {
  return {
    ...streams,
    paint: createPaint(colour && streams.output.isTTY === true),
    paintErrors: createPaint(colour && streams.errors.isTTY === true),
  };
}

/** Ctrl-C while something is being waited for aborts the signal instead of killing us; disposing gives Ctrl-C back. */
export function catchInterrupt(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const onInterrupt = () => controller.abort(new Interrupted());
  process.once("SIGINT", onInterrupt);
  return { signal: controller.signal, [Symbol.dispose]: () => void process.off("SIGINT", onInterrupt) };
}

export class Interrupted extends Error {
  constructor() {
    super("interrupted");
    this.name = "Interrupted";
  }
}

/** All of a piped standard input. */
export async function readAll(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

/** The first line of a piped standard input; what follows stays unread, and the writer may keep its end open. */
export async function readLine(input: Readable): Promise<string> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) return line.trim();
    return "";
  } finally {
    lines.close();
  }
}
