import type { Client } from "@connectrpc/connect";
import { fromConnectError, Reason, type ImageService } from "@limiquantix/api";

/** How the bytes of a file get to the control plane. */
export interface Sender {
  /** How many of them are there. */
  offset: (imageId: string, signal: AbortSignal) => Promise<number>;
  /**
   * Sends what is behind `offset`; answers how many are there then, which may be fewer than all. Throws UploadRefused
   * when trying again does not help, and anything else when it may.
   */
  send: (piece: Piece) => Promise<number>;
}

export interface Piece {
  imageId: string;
  file: Blob;
  offset: number;
  /** Bytes of the file that left so far. */
  onProgress: (bytes: number) => void;
  signal: AbortSignal;
}

/** The server will not have it; the message and `tryThis` are for people. */
export class UploadRefused extends Error {
  readonly tryThis: string;

  constructor(message: string, tryThis: string) {
    super(message);
    this.tryThis = tryThis;
  }
}

const type = "application/offset+octet-stream";

/** By tus 1.0.0 (https://tus.io/protocols/resumable-upload). XMLHttpRequest: fetch tells nothing of what it has sent. */
export const tusSender: Sender = {
  async offset(imageId, signal) {
    const answer = await ask({ imageId, method: "HEAD", signal });
    return offsetIn(answer);
  },
  async send({ imageId, file, offset, onProgress, signal }) {
    const answer = await ask({ imageId, method: "PATCH", signal, body: { file, offset, onProgress } });
    return offsetIn(answer);
  },
};

interface Asked {
  imageId: string;
  method: "HEAD" | "PATCH";
  signal: AbortSignal;
  body?: Pick<Piece, "file" | "offset" | "onProgress">;
}

function ask({ imageId, method, signal, body }: Asked): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, `/uploads/images/${imageId}`);
    request.setRequestHeader("tus-resumable", "1.0.0");
    const abort = () => request.abort();
    signal.addEventListener("abort", abort, { once: true });
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    request.addEventListener("abort", () => reject(signal.reason as Error));
    request.addEventListener("error", () => reject(new Error("the connection broke")));
    request.addEventListener("load", () => {
      // 409: the piece belongs elsewhere, and the header tells where.
      if (request.status < 300 || request.status === 409) resolve(request);
      else reject(refusal(request));
    });
    if (signal.aborted) return reject(signal.reason as Error);
    if (!body) return request.send();
    const { file, offset, onProgress } = body;
    request.setRequestHeader("content-type", type);
    request.setRequestHeader("upload-offset", String(offset));
    request.upload.addEventListener("progress", ({ loaded }) => onProgress(offset + loaded));
    request.send(file.slice(offset));
  });
}

function offsetIn(request: XMLHttpRequest): number {
  const offset = Number(request.getResponseHeader("upload-offset") ?? Number.NaN);
  if (Number.isNaN(offset)) throw new Error("the answer says nothing of how far the upload is");
  return offset;
}

function refusal(request: XMLHttpRequest): Error {
  const { status, responseText } = request;
  let told: { message?: string; tryThis?: string } = {};
  try {
    told = JSON.parse(responseText) as typeof told;
  } catch {
    // A proxy's page, or nothing at all.
  }
  const message = told.message ?? `the server answered ${status}`;
  // Too busy, restarting, a host that is away: all of that passes.
  return status === 408 || status === 429 || status >= 500
    ? new Error(message)
    : new UploadRefused(message, told.tryThis ?? "");
}

const chunkBytes = 512 * 1024;
const passing: ReadonlySet<Reason> = new Set([
  Reason.UNAVAILABLE,
  Reason.NODE_UNREACHABLE,
  Reason.IMAGE_UPLOAD_INCOMPLETE,
  Reason.RATE_LIMITED,
]);

/** By the RPC itself, where the control plane runs in this tab: HTTP/1.1 carries no stream of messages. */
export function rpcSender(images: Client<typeof ImageService>): Sender {
  const offset = async (imageId: string, signal: AbortSignal) =>
    Number((await images.getUploadOffset({ imageId }, { signal })).offset);
  return {
    offset,
    async send({ imageId, file, offset: begin, onProgress, signal }) {
      async function* messages() {
        yield { part: { case: "header" as const, value: { imageId, offset: BigInt(begin) } } };
        for (let at = begin; at < file.size; at += chunkBytes) {
          const value = new Uint8Array(await file.slice(at, at + chunkBytes).arrayBuffer());
          yield { part: { case: "chunk" as const, value } };
          onProgress(at + value.length);
        }
      }
      try {
        await images.uploadImage(messages(), { signal });
        return file.size;
      } catch (cause) {
        const failure = fromConnectError(cause);
        if (signal.aborted || passing.has(failure.reason)) throw cause;
        throw new UploadRefused(failure.message, failure.tryThis);
      }
    },
  };
}
