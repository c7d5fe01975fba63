import { LibvirtProtocolError } from "../errors.ts";
import { FRAME_MAX_BYTES, HEADER_BYTES } from "./frame.ts";
import type { Frame } from "./frame.ts";

/** Cuts a byte stream, in pieces of any size, into messages. Bytes are copied only when a message spans pieces. */
export class FrameReader {
  readonly #pieces: Uint8Array[] = [];
  #buffered = 0;
  /** Of the message being read; 0 while its length word is incomplete. */
  #wanted = 0;

  /** The messages that `piece` completes. */
  *push(piece: Uint8Array): Generator<Frame, void, undefined> {
    if (piece.length > 0) this.#pieces.push(piece);
    this.#buffered += piece.length;
    for (;;) {
      if (this.#wanted === 0) {
        if (this.#buffered < 4) return;
        this.#wanted = this.#peekLength();
      }
      if (this.#buffered < this.#wanted) return;
      const bytes = this.#take(this.#wanted);
      this.#wanted = 0;
      yield parse(bytes);
    }
  }

  #peekLength(): number {
    const first = this.#pieces[0] as Uint8Array;
    const head = first.length >= 4 ? first : joined(this.#pieces, 4);
    const length = view(head).getUint32(0);
    if (length < HEADER_BYTES || length > FRAME_MAX_BYTES) {
      throw new LibvirtProtocolError(`a message of ${length} bytes: the peer does not speak libvirt's protocol`);
    }
    return length;
  }

  #take(length: number): Uint8Array {
    const first = this.#pieces[0] as Uint8Array;
    this.#buffered -= length;
    if (first.length > length) {
      this.#pieces[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    if (first.length === length) {
      this.#pieces.shift();
      return first;
    }
    const out = joined(this.#pieces, length);
    let left = length;
    while (left > 0) {
      const piece = this.#pieces[0] as Uint8Array;
      if (piece.length > left) {
        this.#pieces[0] = piece.subarray(left);
        break;
      }
      left -= piece.length;
      this.#pieces.shift();
    }
    return out;
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const out = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    if (at === length) break;
    const part = piece.subarray(0, length - at);
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function parse(bytes: Uint8Array): Frame {
  const words = view(bytes);
  return {
    program: words.getUint32(4),
    version: words.getUint32(8),
    procedure: words.getInt32(12),
    type: words.getInt32(16),
    serial: words.getUint32(20),
    status: words.getInt32(24),
    payload: bytes.subarray(HEADER_BYTES),
  };
}
