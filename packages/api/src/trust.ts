/*
 * The names by which hosts, the control plane and sessions know each other in certificates (URNs, RFC 8141), and what a
 * join token tells the host that joins with it.
 */

/**
 * The name that hosts and the CLI ask for (TLS SNI) when they want the control plane's certificate of the built-in
 * authority, wherever they reach it and whatever certificate browsers get there.
 */
export const controlPlaneName = "control-plane.limiquantix.internal";

export const controlPlaneUrn = "urn:limiquantix:control-plane";

export function nodeUrn(nodeId: string): string {
  return `urn:limiquantix:node:${nodeId}`;
}

export function sessionUrn(tokenId: string): string {
  return `urn:limiquantix:session:${tokenId}`;
}

/** The node id in a certificate's URIs; undefined: it is no host's. */
export function nodeIdIn(uris: readonly string[]): string | undefined {
  const prefix = nodeUrn("");
  return uris.find((uri) => uri.startsWith(prefix))?.slice(prefix.length);
}

const joinTokenForm = /^lqxjoin_[A-Za-z0-9_-]{43}\.([A-Za-z0-9_-]{43})$/;

/** A join token of 256 random bits that names the authority which the host is to trust. `secret` has its prefix. */
export function bindJoinToken(secret: string, authorityFingerprint: string): string {
  const bytes = authorityFingerprint.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
  return `${secret}.${toBase64Url(bytes)}`;
}

/** SHA-256 of the authority's certificate that the token is bound to, hexadecimal; undefined: it is none, or altered. */
export function authorityOfJoinToken(token: string): string | undefined {
  const encoded = joinTokenForm.exec(token)?.[1];
  if (!encoded) return undefined;
  const bytes = atob(`${encoded.replaceAll("-", "+").replaceAll("_", "/")}=`);
  return Array.from(bytes, (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

function toBase64Url(bytes: readonly number[]): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}
