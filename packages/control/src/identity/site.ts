import type { Peer } from "../rpc/context.ts";
import { hostOf } from "./session-cookie.ts";

/** This control plane as a browser calls it. */
export interface Site {
  /** https://lqx.example:8443 */
  origin: string;
  /** WebAuthn's relying party: lqx.example */
  rpId: string;
}

export type SiteOf = (headers: Headers, peer: Peer) => Site;

/**
 * From the request itself. A forged host gains nothing: an authenticator signs only for the site that its browser
 * shows, with the key that it made for that site.
 */
export const siteOfRequest: SiteOf = (headers, peer) => {
  const host = (headers.get("host") ?? "localhost").toLowerCase();
  const origin = headers.get("origin");
  // Behind a proxy that ends TLS only the browser knows that it is https.
  const own = origin !== null && hostOf(origin) === host ? origin : `${peer.tls ? "https" : "http"}://${host}`;
  return { origin: own, rpId: hostnameOf(own) };
};

function hostnameOf(origin: string): string {
  try {
    return new URL(origin).hostname;
  } catch {
    return "localhost";
  }
}
