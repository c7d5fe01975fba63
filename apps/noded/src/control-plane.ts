import { readFile } from "node:fs/promises";
import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

/** How this host reaches the control plane. */
export async function controlPlaneTransport(options: { url: URL; caFile: string | undefined }): Promise<Transport> {
  const { url, caFile } = options;
  const ca = caFile === undefined ? {} : { nodeOptions: { ca: await readFile(caFile, "utf8") } };
  return createConnectTransport({ baseUrl: url.origin, httpVersion: "1.1", ...ca });
}
