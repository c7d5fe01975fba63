import { createContextKey, type HandlerContext } from "@connectrpc/connect";
import { requestIdKey } from "@limiquantix/api";
import type { Call, Principal } from "./call.ts";

/** Who calls, as the authentication interceptor found it. */
export const principalKey = createContextKey<Principal | undefined>(undefined, {
  description: "who makes the call",
});

/** Where a call comes from, as the server that accepted the connection saw it. */
export interface Peer {
  /** An IP address; "in-process" for a transport without a network. */
  address: string;
  /** The connection comes from this machine, and the request names it by a loopback name (a guard against DNS rebinding). */
  loopback: boolean;
}

export const peerKey = createContextKey<Peer>(
  { address: "in-process", loopback: true },
  { description: "where the call comes from" },
);

/** The call that a handler serves. Throws when the interceptors did not run: a mistake in the wiring. */
export function callOf(context: HandlerContext): Call {
  const principal = context.values.get(principalKey);
  if (!principal) throw new Error(`${context.method.name} was called without the authentication interceptor`);
  return { principal, requestId: context.values.get(requestIdKey), signal: context.signal };
}
