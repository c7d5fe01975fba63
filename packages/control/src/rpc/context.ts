import { createContextKey, type HandlerContext } from "@connectrpc/connect";
import { requestIdKey } from "@limiquantix/api";
import type { Caller } from "../access/authorise.ts";
import { auditKey } from "../audit/entry.ts";
import type { Call } from "./call.ts";

/** Who calls, as the authentication interceptor found it. */
export const callerKey = createContextKey<Caller | undefined>(undefined, {
  description: "who makes the call",
});

/** Where a call comes from, as the server that accepted the connection saw it. */
export interface Peer {
  /** An IP address; "in-process" for a transport without a network. */
  address: string;
  /** The connection comes from this machine, and the request names it by a loopback name (a guard against DNS rebinding). */
  loopback: boolean;
  /** The connection is encrypted. */
  tls?: boolean | undefined;
  /** The client certificate that the connection proved, signed by our own authority and in its time. */
  certificate?: PeerCertificate | undefined;
}

export interface PeerCertificate {
  /** Hexadecimal. */
  serial: string;
  /** SHA-256 of the DER certificate, hexadecimal. */
  fingerprint: string;
  /** Its subject alternative names of type URI: urn:limiquantix:node:…, urn:limiquantix:session:… */
  uris: readonly string[];
}

export const peerKey = createContextKey<Peer>(
  { address: "in-process", loopback: true },
  { description: "where the call comes from" },
);

/** The call that a handler serves. Throws when the interceptors did not run: a mistake in the wiring. */
export function callOf(context: HandlerContext): Call {
  const caller = context.values.get(callerKey);
  if (!caller) throw new Error(`${context.method.name} was called without the authentication interceptor`);
  const peer = context.values.get(peerKey);
  const { values, signal } = context;
  return { ...caller, peer, requestId: values.get(requestIdKey), signal, audit: values.get(auditKey) };
}
