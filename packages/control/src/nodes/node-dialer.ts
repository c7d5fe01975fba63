import type { Transport } from "@connectrpc/connect";
import type { Node } from "@limiquantix/api";

/** The way to a host's daemon: mutual TLS over HTTP/2 in the app, an in-memory router in the simulator. */
export type NodeDialer = (node: Node) => Transport;
