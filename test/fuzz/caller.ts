import { Agent, request } from "node:http";
import { connect, constants, type ClientHttp2Session } from "node:http2";
import type { Body } from "./bodies.ts";

export interface Answer {
  /** Connect's code; "ok"; "http 415" where there is none; "late" when none came in time. */
  code: string;
  text: string;
}

export interface Sent {
  path: string;
  body: Body;
  headers: Record<string, string>;
  /** An answer that goes on: its beginning is enough. */
  streams: boolean;
}

const codes = [
  "ok",
  "canceled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
];
/** Two busy cores are slow; what hangs hangs for longer. */
const lateMs = 60_000;
/** A stream's first words, and its errors, are there by then. */
const firstWordsMs = 40;

/** Sends requests over real connections: HTTP/1.1 that is kept alive, and HTTP/2 for gRPC. */
export class Caller implements Disposable {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });
  #session: ClientHttp2Session | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  send(sent: Sent): Promise<Answer> {
    return sent.body.contentType.startsWith("application/grpc+") ? this.#http2(sent) : this.#http1(sent);
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
    this.#session?.destroy();
  }

  #headers({ body, headers }: Sent): Record<string, string> {
    const { contentType, gzip } = body;
    const encoding = contentType.startsWith("application/connect+")
      ? "connect-content-encoding"
      : contentType.startsWith("application/grpc")
        ? "grpc-encoding"
        : "content-encoding";
    return { ...headers, "content-type": contentType, ...(gzip ? { [encoding]: "gzip" } : {}) };
  }

  #http1(sent: Sent): Promise<Answer> {
    return new Promise((resolve) => {
      const headers = { ...this.#headers(sent), "content-length": sent.body.bytes.length };
      const options = {
        host: "127.0.0.1",
        port: this.#port,
        path: sent.path,
        method: "POST",
        agent: this.#agent,
        headers,
      };
      const chunks: Buffer[] = [];
      const outgoing = request(options, (response) => {
        const done = () => {
          clearTimeout(timer);
          resolve(codeOf(response.statusCode ?? 0, response.headers["content-type"] ?? "", Buffer.concat(chunks)));
        };
        if (sent.streams) setTimeout(() => (done(), outgoing.destroy()), firstWordsMs);
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", done);
        response.on("error", done);
      });
      const timer = setTimeout(
        () => {
          // A stream without news answers its headers with its first message.
          resolve({ code: sent.streams ? "ok" : "late", text: "" });
          outgoing.destroy();
        },
        sent.streams ? firstWordsMs * 4 : lateMs,
      );
      outgoing.on("error", (error) => {
        clearTimeout(timer);
        resolve({ code: "broken off", text: String(error) });
      });
      outgoing.end(sent.body.bytes);
    });
  }

  #http2(sent: Sent): Promise<Answer> {
    if (!this.#session || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(`http://127.0.0.1:${this.#port}`);
      this.#session.on("error", () => {});
    }
    const session = this.#session;
    return new Promise((resolve) => {
      const stream = session.request({ ":method": "POST", ":path": sent.path, te: "trailers", ...this.#headers(sent) });
      const chunks: Buffer[] = [];
      let status = "";
      const done = (code?: string) => {
        clearTimeout(timer);
        resolve({ code: code ?? codes[Number(status)] ?? `grpc ${status}`, text: Buffer.concat(chunks).toString() });
        stream.close(constants.NGHTTP2_CANCEL);
      };
      const timer = setTimeout(() => done(sent.streams ? "ok" : "late"), sent.streams ? firstWordsMs : lateMs);
      stream.on("response", (headers) => {
        status = String(headers["grpc-status"] ?? status);
        if (headers[":status"] !== 200) done(`http ${headers[":status"]}`);
      });
      stream.on("trailers", (trailers) => {
        status = String(trailers["grpc-status"] ?? status);
        chunks.push(Buffer.from(String(trailers["grpc-message"] ?? "")));
      });
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => setImmediate(() => done()));
      stream.on("error", () => done("broken off"));
      stream.end(sent.body.bytes);
    });
  }
}

function codeOf(status: number, contentType: string, bytes: Buffer): Answer {
  const text = bytes.toString();
  if (contentType.startsWith("application/grpc-web")) {
    const found = /grpc-status: *(\d+)/i.exec(text)?.[1];
    return { code: codes[Number(found ?? 0)] ?? `grpc ${found}`, text };
  }
  if (contentType.startsWith("application/connect+")) {
    return { code: /"error":\{"code":"(\w+)"/.exec(text)?.[1] ?? "ok", text };
  }
  if (status === 200) return { code: "ok", text };
  return { code: /"code":"(\w+)"/.exec(text)?.[1] ?? `http ${status}`, text };
}
