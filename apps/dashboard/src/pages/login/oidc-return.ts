/* A login at another provider leaves this page and comes back to it with `code` and `login_id`, or `error`. */

const key = "limiquantix.oidc-login";

/** Before the page is left: only what it began may end here, whoever sends a link with a code of theirs. */
export function rememberLogin(loginId: string): void {
  sessionStorage.setItem(key, loginId);
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
  const [loginId, code, error] = ["login_id", "code", "error"].map((name) => url.searchParams.get(name) ?? "");
  const begun = sessionStorage.getItem(key);
  if (!begun || (!code && !error)) return undefined;
  sessionStorage.removeItem(key);
  for (const name of ["login_id", "code", "error"]) url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
  if (code && loginId !== begun) return undefined;
  return { loginId: begun, code: code ?? "", error: error ?? "" };
}
