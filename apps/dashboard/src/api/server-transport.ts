import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

/** A control plane that is there answers by then; on a dead connection nothing else would ever end a call. */
export const answerMs = 60_000;

/** The server that sent this page. The session is a cookie that no script can read. */
export function serverTransport(): Transport {
  return withTimeLimit(createConnectTransport({ baseUrl: location.origin, useBinaryFormat: true }));
}

/** Each call that has one answer ends in time, unless it says when itself. Streams may be silent: the feed watches its own. */
export function withTimeLimit(inner: Transport): Transport {
  return {
    unary: (method, signal, timeoutMs, ...rest) => inner.unary(method, signal, timeoutMs ?? answerMs, ...rest),
    stream: (...call) => inner.stream(...call),
  };
}
