import { spawn } from "node:child_process";
import type { LoginResponse } from "@limiquantix/api";
import type { Cli } from "../cli.ts";
import type { Session } from "../rpc/session.ts";
import { catchInterrupt } from "../terminal/terminal.ts";
import { UsageError } from "../usage-error.ts";
import { listenForReturn } from "./loopback.ts";

/** The server forgets a login that was begun so long ago. */
const patienceMs = 5 * 60_000;

/** Login at an OpenID Connect provider: a browser goes there and comes back to a port of this machine. */
export async function logInByOidc(
  cli: Cli,
  session: Session,
  { provider, csrPem }: { provider: string; csrPem: string },
): Promise<LoginResponse> {
  await using loopback = await listenForReturn();
  const { url, loginId } = await session.auth.startOidcLogin({ provider, returnTo: loopback.returnTo });
  cli.note("Log in with a browser on this machine:", "", `  ${url}`, "");
  if (cli.settings.hasDisplay) openBrowser(url);
  using interrupt = catchInterrupt();
  const patience = AbortSignal.timeout(patienceMs);
  let back: { code: string; loginId: string };
  try {
    back = await loopback.answer(AbortSignal.any([interrupt.signal, patience]));
  } catch (error) {
    interrupt.signal.throwIfAborted();
    if (patience.aborted) throw new UsageError("nobody came back from the login within five minutes", "Try again.");
    throw error;
  }
  if (back.loginId !== loginId)
    throw new UsageError("the browser came back from another login than this one", "Close it and try again.");
  return session.auth.finishLogin({ loginId, proof: { case: "oidcCode", value: back.code }, csrPem });
}

/** As well as may be: the address is on the terminal in any case. What is no web page is not opened. */
function openBrowser(url: string): void {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) return;
  const child = spawn("xdg-open", [url], { stdio: "ignore", detached: true });
  child.once("error", () => {});
  child.unref();
}
