/*
 * A login at another provider leaves this page and comes back to it with `code` and `login_id`, or `error` and
 * `error_description` (RFC 6749, 4.1.2.1).
 */

const key = "limiquantix.oidc-login";
const names = ["login_id", "code", "error", "error_description"];

/** Before the page is left: only what it began may end here, whoever sends a link with a code of theirs. */
export function rememberLogin(loginId: string): void {
  sessionStorage.setItem(key, loginId);
}

/** As much as the server keeps of it (StartOidcLoginRequest.return_to). */
const longestAddress = 1024;

/** Where one was, with its filters and its tab, to come back to. */
export function addressNow(): string {
  const path = location.origin + location.pathname;
  const whole = path + location.search;
  return whole.length <= longestAddress ? whole : path;
}

export interface Returned {
  loginId: string;
  code: string;
  error: string;
}

let taken: Returned | undefined | "not yet" = "not yet";

/** What came back, once; it is taken out of the address, so that no history keeps it. */
export function takeReturned(): Returned | undefined {
  if (taken === "not yet") taken = readReturned();
  const returned = taken;
  taken = undefined;
  return returned;
}

function readReturned(): Returned | undefined {
  const url = new URL(location.href);
  const [loginId, code, error, why] = names.map((name) => url.searchParams.get(name) ?? "");
  const begun = sessionStorage.getItem(key);
  if (!begun || (!code && !error)) return undefined;
  sessionStorage.removeItem(key);
  for (const name of names) url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
  if (code && loginId !== begun) return undefined;
  return { loginId: begun, code: code ?? "", error: why || error || "" };
}
