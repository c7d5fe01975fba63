/** A browser's session: scripts cannot read it, and other sites cannot make the browser send it. */

/** What a cookie's name promises is the browser's to enforce: __Host- is sent to this very host only, over TLS. */
function nameOf(tls: boolean): string {
  return tls ? "__Host-lqx" : "lqx";
}

/** The header that gives a browser its session (RFC 6265bis). `maxAgeSeconds` 0 takes it away. */
export function sessionCookie(secret: string, options: { tls: boolean; maxAgeSeconds: number }): string {
  const secure = options.tls ? "; Secure" : "";
  const age = Math.max(0, Math.floor(options.maxAgeSeconds));
  return `${nameOf(options.tls)}=${secret}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`;
}

/** The secret in the cookie, or undefined. */
export function readSessionCookie(headers: Headers, tls: boolean): string | undefined {
  const prefix = `${nameOf(tls)}=`;
  const found = (headers.get("cookie") ?? "").split(";").find((part) => part.trim().startsWith(prefix));
  return found?.trim().slice(prefix.length) || undefined;
}

/**
 * Whether a browser says that one of our own pages made the request, or nobody's (Fetch Metadata; the Origin header for
 * browsers that do not have it). A request that says nothing is not one: a cookie alone proves no intention.
 */
export function isSameOrigin(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site) return site === "same-origin" || site === "none";
  const origin = headers.get("origin");
  const host = headers.get("host");
  return origin !== null && host !== null && hostOf(origin) === host.toLowerCase();
}

/** Whether a browser says that a page of another site made the request. */
export function isCrossSite(headers: Headers): boolean {
  return (headers.has("sec-fetch-site") || headers.has("origin")) && !isSameOrigin(headers);
}

export function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}
