import { Code } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";

/**
 * What Connect itself answers with INTERNAL though the caller sent it: a message that does not decode, a frame marked
 * as compressed without a compression. Nothing of a handler's own ever reads so: the error interceptor speaks for it.
 */
export function isCallersFault(message: string): boolean {
  return /^parse binary: |^received compressed envelope, but do not know how to decompress/.test(message);
}

/** Corrects such an answer of gRPC, gRPC-web or a Connect stream: it says INVALID_ARGUMENT. */
export function withBlame(response: UniversalServerResponse): UniversalServerResponse {
  const type = response.header?.get("content-type") ?? "";
  const { body, trailer } = response;
  if (!body || !/^application\/(grpc|connect\+)/.test(type)) return response;
  const end = type.startsWith("application/grpc-web") ? endOfGrpcWeb : endOfConnect;
  const corrected = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) yield type.startsWith("application/grpc-web") || !trailer ? end(chunk) : chunk;
    if (!trailer || trailer.get("grpc-status") !== String(Code.Internal)) return;
    if (!isCallersFault(decoded(trailer.get("grpc-message") ?? ""))) return;
    trailer.set("grpc-status", String(Code.InvalidArgument));
  };
  return { ...response, body: corrected() };
}

const [connectEnd, grpcWebEnd, headBytes] = [0b10, 0b1000_0000, 5];

/** Connect's last envelope is JSON: `{"error":{"code":"internal","message":"…"}}`. */
function endOfConnect(chunk: Uint8Array): Uint8Array {
  if (chunk[0] !== connectEnd) return chunk;
  const end = JSON.parse(text(chunk)) as { error?: { code?: string; message?: string } };
  if (end.error?.code !== "internal" || !isCallersFault(end.error.message ?? "")) return chunk;
  return envelope(connectEnd, JSON.stringify({ ...end, error: { ...end.error, code: "invalid_argument" } }));
}

/** gRPC-web's last envelope is header lines. */
function endOfGrpcWeb(chunk: Uint8Array): Uint8Array {
  if (chunk[0] !== grpcWebEnd) return chunk;
  const lines = text(chunk);
  const message = /^grpc-message: *(.*?)\r?$/im.exec(lines)?.[1] ?? "";
  if (!/^grpc-status: *13\r?$/im.test(lines) || !isCallersFault(decoded(message))) return chunk;
  return envelope(grpcWebEnd, lines.replace(/^(grpc-status: *)13/im, `$1${Code.InvalidArgument}`));
}

function text(chunk: Uint8Array): string {
  return new TextDecoder().decode(chunk.subarray(headBytes));
}

function envelope(flags: number, content: string): Uint8Array {
  const data = new TextEncoder().encode(content);
  const bytes = new Uint8Array(headBytes + data.length);
  bytes[0] = flags;
  new DataView(bytes.buffer).setUint32(1, data.length);
  bytes.set(data, headBytes);
  return bytes;
}

function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
