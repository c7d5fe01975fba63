import type { Client } from "@connectrpc/connect";
import type { NodeDaemonService } from "@limiquantix/api/daemon";

/** The way to a host's daemon. */
export interface HostClients {
  /** Throws NODE_UNREACHABLE when the host's stream is not up; calls that fail later throw what the host answered. */
  client(nodeId: string): Client<typeof NodeDaemonService>;
  reachable(nodeId: string): boolean;
}
