import { XdrWriter } from "../xdr/writer.ts";

/**
 * A message: its length (four bytes, itself included), this header of six 32-bit words, then the payload.
 * All numbers are big-endian.
 */
export interface Header {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
  readonly status: number;
}

export interface Frame extends Header {
  readonly payload: Uint8Array;
}

export const MessageType = { CALL: 0, REPLY: 1, EVENT: 2, STREAM: 3, STREAM_HOLE: 6 } as const;
export const MessageStatus = { OK: 0, ERROR: 1, CONTINUE: 2 } as const;

export const HEADER_BYTES = 28;
/** 32 MiB and the length word. */
export const FRAME_MAX_BYTES = 33_554_436;
/** The largest stream packet that every libvirt takes. */
export const STREAM_PACKET_BYTES = 262_120;

/** A writer that holds the header; `sealFrame` fills in the length. */
export function startFrame(header: Header, payloadBytes = 228): XdrWriter {
  const w = new XdrWriter(HEADER_BYTES + payloadBytes);
  w.uint(0);
  w.uint(header.program);
  w.uint(header.version);
  w.int(header.procedure);
  w.int(header.type);
  w.uint(header.serial);
  w.int(header.status);
  return w;
}

export function sealFrame(w: XdrWriter): Uint8Array {
  w.patchUint(0, w.length);
  return w.bytes();
}
