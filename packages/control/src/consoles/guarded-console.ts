import type { Caller } from "../access/authorise.ts";
import type { HostClients } from "../hosts/host-clients.ts";
import { bridgeConsole, type ConsolePeer } from "./bridge.ts";
import type { ConsoleGrant } from "./tickets.ts";

/** What somebody came in with: a session, a token, a link. */
export interface ConsoleAuthenticator {
  /** Throws once it is no longer good. */
  recheck(caller: Caller): void;
  onChange(listener: () => void): Disposable;
}

export interface GuardedConsoleParts {
  hosts: HostClients;
  authenticator: ConsoleAuthenticator;
}

/**
 * Joins a person to a guest's console for as long as they may have it: when they lose vm.console on the VM, or what
 * they signed in with, the console ends at once, also while it waits. Throws why: PRIVILEGE_MISSING, NOT_FOUND,
 * UNAUTHENTICATED, or what the host answers.
 */
export async function guardedConsole(
  { hosts, authenticator }: GuardedConsoleParts,
  grant: ConsoleGrant,
  peer: ConsolePeer,
  signal: AbortSignal,
): Promise<void> {
  const { caller, vmId } = grant;
  const cut = new AbortController();
  const refused = Promise.withResolvers<never>();
  // Also where nobody waits for it any more.
  refused.promise.catch(() => {});
  const check = () => {
    if (cut.signal.aborted) return;
    try {
      authenticator.recheck(caller);
      caller.access.require("vm.console", { kind: "vm", id: vmId });
    } catch (why) {
      cut.abort(why);
      refused.reject(why);
    }
  };
  using watching = new DisposableStack();
  watching.use(authenticator.onChange(check));
  watching.use(caller.access.onChange(check));
  // What changed since the ticket was made counts too.
  check();
  if (cut.signal.aborted) return refused.promise;
  const bridge = bridgeConsole(hosts, grant, peer, AbortSignal.any([signal, cut.signal]));
  // A viewer that reads nothing must not keep it open.
  await Promise.race([bridge, refused.promise]);
  if (cut.signal.aborted) await refused.promise;
}
