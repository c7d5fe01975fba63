import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

/** The server that sent this page. The session is a cookie that no script can read. */
export function serverTransport(): Transport {
  return createConnectTransport({ baseUrl: location.origin, useBinaryFormat: true });
}
