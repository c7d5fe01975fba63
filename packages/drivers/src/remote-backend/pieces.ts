import { Channel } from "@limiquantix/kit";
import { PIECE_BYTES, PIECES_AHEAD, type Piece } from "./messages.ts";
import { receiveError, sendError } from "./sent-error.ts";

type Send = (piece: Piece) => void;

/** Bytes that come from the other process. */
export class ComingBytes {
  readonly #id: number;
  readonly #send: Send;
  readonly #pieces = new Channel<Uint8Array>({ limit: PIECES_AHEAD + 1 });

  constructor(id: number, send: Send) {
    this.#id = id;
    this.#send = send;
  }

  take(piece: Piece): void {
    if (piece.kind === "piece") this.#pieces.push(piece.bytes);
    else if (piece.kind === "end") this.#pieces.end();
    else if (piece.kind === "broken") this.#pieces.end(receiveError(piece.error));
  }

  end(error?: unknown): void {
    this.#pieces.end(error);
  }

  /** Each piece is said to be used when the next one is asked for. */
  async *bytes(): AsyncIterable<Uint8Array> {
    for await (const piece of this.#pieces) {
      yield piece;
      this.#send({ kind: "used", id: this.#id });
    }
  }
}

/** Bytes that go to the other process, no faster than it uses them. */
export class GoingBytes {
  readonly #id: number;
  readonly #send: Send;
  #ahead = 0;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(id: number, send: Send) {
    this.#id = id;
    this.#send = send;
  }

  used(): void {
    this.#ahead--;
    this.#wake?.();
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  /** Sends all there is, and how it ended. */
  async run(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const [id, send] = [this.#id, this.#send];
    try {
      for await (const chunk of chunks) {
        for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
          await this.#room();
          if (this.#isStopped) return;
          this.#ahead++;
          send({ kind: "piece", id, bytes: chunk.subarray(at, at + PIECE_BYTES) });
        }
        if (this.#isStopped) return;
      }
      send({ kind: "end", id });
    } catch (error) {
      send({ kind: "broken", id, error: sendError(error) });
      throw error;
    }
  }

  async #room(): Promise<void> {
    while (this.#ahead >= PIECES_AHEAD && !this.#isStopped)
      await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
