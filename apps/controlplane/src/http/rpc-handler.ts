import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import {
  createConnectRouter,
  createContextValues,
  type ConnectRouter,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import type { UniversalHandler, UniversalServerRequest, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { withTypedDecodeErrors } from "@limiquantix/api";
import { peerKey } from "@limiquantix/control";
import type { Log } from "@limiquantix/kit";
import { gzip } from "./gzip.ts";
import { guardedTextDecoder } from "./json-guard.ts";
import { bodyMs, bulkMessageBytes, bulkMethods, lingerMs, messageBytes, uploadIdleMs } from "./limits.ts";
import { authorityOf } from "./authority.ts";
import { peerOf } from "./peer.ts";
import { timedBody } from "./timed-body.ts";

export interface RpcHandlerOptions {
  routes: (router: ConnectRouter) => void;
  interceptors: Interceptor[];
  /** Called before a call's body is read; what it throws is the answer. */
  gate: (context: HandlerContext) => void;
  log: Log;
  shutdown: AbortSignal;
}

export interface RpcHandler {
  /** Serves the services over Connect, gRPC and gRPC-web. Undefined for a path that is no RPC. */
  listener: (path: string) => RequestListener | undefined;
  /** The services by themselves, for what serves them in another way. */
  handlers: ReadonlyMap<string, RpcFunction>;
}

export type RpcFunction = (request: UniversalServerRequest) => Promise<UniversalServerResponse>;

export function rpcHandler(options: RpcHandlerOptions): RpcHandler {
  const handlers = new Map(handlersOf(options).map((handler) => [handler.requestPath, withTypedDecodeErrors(handler)]));

  const listener: RpcHandler["listener"] = (path) => {
    const handler = handlers.get(path);
    if (!handler) return undefined;
    return (request, response) => {
      cutOff(request, response);
      const context = createContextValues().set(peerKey, peerOf(request));
      const { body, ...universal } = universalRequestFromNodeRequest(request, response, undefined, context);
      // HTTP/2 has `:authority` in its place: handlers find the name that was called in one header.
      universal.header.set("host", authorityOf(request) ?? "");
      const limit = handler.method.methodKind === "client_streaming" ? { idleMs: uploadIdleMs } : { totalMs: bodyMs };
      handler({ ...universal, body: timedBody(body as AsyncIterable<Uint8Array>, limit) })
        .then((answer) => universalResponseToNodeResponse(answer, response))
        .catch((cause: unknown) => {
          // The client went away in the middle: nobody is left to tell.
          options.log.debug("answer a call", { path, err: cause });
          response.destroy();
        });
    };
  };
  return { listener, handlers };
}

/** Each method with the size that its messages may have: the two routers serve the same implementations. */
function handlersOf({ routes, interceptors, gate, shutdown }: RpcHandlerOptions): UniversalHandler[] {
  const common = {
    interceptors,
    requestGate: gate,
    acceptCompression: [gzip],
    shutdownSignal: shutdown,
    // A misspelt field that is dropped in silence becomes a VM that is not what was asked for.
    jsonOptions: { ignoreUnknownFields: false, textDecoder: guardedTextDecoder },
  };
  const usual = createConnectRouter({ ...common, readMaxBytes: messageBytes });
  const bulk = createConnectRouter({ ...common, readMaxBytes: bulkMessageBytes });
  routes({
    get handlers() {
      return usual.handlers;
    },
    service(service, implementation, own) {
      usual.service(service, implementation, own);
      bulk.service(service, implementation, own);
      return this;
    },
    rpc(method, implementation, own) {
      usual.rpc(method, implementation, own);
      bulk.rpc(method, implementation, own);
      return this;
    },
  });
  const isBulk = ({ requestPath }: UniversalHandler) => bulkMethods.has(requestPath.slice(1));
  return [...usual.handlers.filter((handler) => !isBulk(handler)), ...bulk.handlers.filter(isBulk)];
}

/** A client that goes on sending what nobody reads, after its answer, loses its connection; with HTTP/2 its stream. */
export function cutOff(request: IncomingMessage | Http2ServerRequest, response: ServerResponse): void {
  // Node takes it from the request once that is destroyed.
  const { socket } = request;
  response.once("finish", () => {
    if (request.complete) return;
    const timer = setTimeout(() => {
      if (request.complete) return;
      if ("stream" in request) request.stream.close();
      else socket.destroy();
    }, lingerMs);
    timer.unref();
    request.once("end", () => clearTimeout(timer));
  });
}
