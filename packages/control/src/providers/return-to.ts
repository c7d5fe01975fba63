import { invalid } from "@limiquantix/api";

/**
 * Where a browser may be sent with what opens a session: this control plane's own pages, or a program that listens on
 * the user's own machine (RFC 8252, 7.3: by address, since a name could be anybody's). Anywhere else would hand the
 * login to whoever made the link. Answers the whole address. Throws INVALID_REQUEST.
 */
export function checkReturnTo(returnTo: string, origin: string): string {
  const refuse = (message: string) => invalid([{ field: "returnTo", message }]);
  let url: URL;
  try {
    // A path is one of our own; what looks like one and is not (//evil.example) has another origin then.
    url = new URL(returnTo, origin);
  } catch {
    throw refuse("is no address");
  }
  if (url.username || url.password) throw refuse("must not hold a user name or a password");
  const ownPage = url.origin === new URL(origin).origin;
  const ownMachine = url.protocol === "http:" && loopback.has(url.hostname) && url.port !== "";
  if (ownPage || ownMachine) return url.href;
  throw refuse(`must be a page of ${origin}, or http://127.0.0.1:PORT/ or http://[::1]:PORT/`);
}

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]"]);

/** Adds to an address's query, in place of what it has there under those names. */
export function withQuery(address: string, values: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  for (const name of ["code", "login_id", "error", "error_description"]) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  return url.href;
}
