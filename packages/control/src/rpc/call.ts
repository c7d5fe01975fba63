import type { Access } from "../access/access.ts";
import type { AuditEntry } from "../audit/entry.ts";
import type { Peer } from "./context.ts";

/** Who makes a call, what they may do, and under which id its traces are found. */
export interface Call {
  principal: Principal;
  /** What they may do beyond what the method itself asks for. */
  access: Access;
  peer: Peer;
  requestId: string;
  /** Aborts when the caller goes away. */
  signal: AbortSignal;
  /** What the audit log learns of the call; undefined where no interceptor waits to write it down. */
  audit?: AuditEntry | undefined;
}

export type Principal =
  | {
      kind: "user";
      id: string;
      name: string;
      /** The session or API token that the call came with; empty: --dev. */
      tokenId: string;
    }
  /** A host's daemon; `id` is its node id. */
  | { kind: "node"; id: string; name: string }
  /** Calls that need no token: Login, RegisterNode with a join token, health. */
  | { kind: "nobody"; id: ""; name: "nobody" };
