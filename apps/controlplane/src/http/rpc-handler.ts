import type { RequestListener } from "node:http";
import { createConnectRouter, createContextValues, type ConnectRouter, type Interceptor } from "@connectrpc/connect";
import {
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import { withTypedDecodeErrors } from "@limiquantix/api";
import { peerKey } from "@limiquantix/control";
import type { Log } from "@limiquantix/kit";
import { peerOf } from "./peer.ts";

/** The largest message in either direction: an upload comes in chunks far below it. */
const mostBytes = 8 * 1024 * 1024;

/** Serves the services over Connect, gRPC and gRPC-web. Answers undefined for a path that is no RPC. */
export function rpcHandler(options: {
  routes: (router: ConnectRouter) => void;
  interceptors: Interceptor[];
  log: Log;
  shutdown: AbortSignal;
}): (path: string) => RequestListener | undefined {
  const router = createConnectRouter({
    interceptors: options.interceptors,
    acceptCompression: [compressionGzip],
    readMaxBytes: mostBytes,
    shutdownSignal: options.shutdown,
    // A misspelt field that is dropped in silence becomes a VM that is not what was asked for.
    jsonOptions: { ignoreUnknownFields: false },
  });
  options.routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, withTypedDecodeErrors(handler)]));

  return (path) => {
    const handler = handlers.get(path);
    if (!handler) return undefined;
    return (request, response) => {
      const context = createContextValues().set(peerKey, peerOf(request));
      const universal = universalRequestFromNodeRequest(request, response, undefined, context);
      handler(universal)
        .then((answer) => universalResponseToNodeResponse(answer, response))
        .catch((cause: unknown) => {
          // The client went away in the middle: nobody is left to tell.
          options.log.debug("answer a call", { path, err: cause });
          response.destroy();
        });
    };
  };
}
