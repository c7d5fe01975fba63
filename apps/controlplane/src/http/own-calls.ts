import type { IncomingMessage } from "node:http";
import { createContextValues, type Transport } from "@connectrpc/connect";
import { createTransport } from "@connectrpc/connect/protocol-connect";
import { peerKey } from "@limiquantix/control";
import { authorityOf } from "./authority.ts";
import { messageBytes } from "./limits.ts";
import { peerOf } from "./peer.ts";
import type { RpcHandler } from "./rpc-handler.ts";

/** By which a request proves who sends it, and from what page. */
const proofs = ["authorization", "cookie", "origin", "sec-fetch-site", "user-agent"];

/**
 * RPCs in this process on behalf of a plain HTTP request: with its proof of identity and from where it came, through the
 * same gate, authentication, authorisation and audit as an RPC from outside.
 */
export function callsOf(request: IncomingMessage, handlers: RpcHandler["handlers"]): Transport {
  const own = new Headers({ host: authorityOf(request) ?? "" });
  for (const name of proofs) {
    const value = request.headers[name];
    if (value !== undefined) own.set(name, String(value));
  }
  return createTransport({
    baseUrl: "http://control-plane",
    useBinaryFormat: true,
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: messageBytes,
    readMaxBytes: messageBytes,
    writeMaxBytes: messageBytes,
    async httpClient({ url, method, header, body, signal }) {
      const handler = handlers.get(new URL(url).pathname);
      if (!handler) throw new Error(`there is no RPC at ${url}`);
      for (const [name, value] of own) header.set(name, value);
      const answer = await handler({
        httpVersion: "2.0",
        url,
        method,
        header,
        body: body ?? nothing(),
        signal: signal ?? new AbortController().signal,
        contextValues: createContextValues().set(peerKey, peerOf(request)),
      });
      return {
        status: answer.status,
        header: new Headers(answer.header),
        body: answer.body ?? nothing(),
        trailer: new Headers(answer.trailer),
      };
    },
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
