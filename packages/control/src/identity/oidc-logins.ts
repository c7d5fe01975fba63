import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { Clock } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { adopt } from "./adoption.ts";
import type { PendingLogins } from "./pending-logins.ts";
import type { OidcLogins, StartedOidcLogin } from "./provider-port.ts";
import type { Sealer } from "./sealer.ts";
import { hashSecret } from "./secrets.ts";

/** What is sealed of a login at an OIDC provider; its id too, which goes back to the client with the code. */
type Kept = StartedOidcLogin["secrets"] & { loginId: string };

/** Logins that wait for an OIDC provider: started → taken when the browser comes back → finished by FinishLogin. */
export function oidcLogins(parts: { db: Database; clock: Clock; sealer: Sealer; pending: PendingLogins }): OidcLogins {
  const { sealer, pending } = parts;
  return {
    start: ({ providerId, returnTo, state, secrets }) =>
      pending.open((id, loginId) => {
        const kept: Kept = { ...secrets, loginId };
        const sealedOidc = sealer.seal(utf8ToBytes(JSON.stringify(kept)), `login/${id}`);
        return { providerId, returnTo, oidcStateHash: hashSecret(state), sealedOidc };
      }),
    async take(state) {
      const row = await pending.takeState(state);
      if (!row) return undefined;
      const opened = new TextDecoder().decode(sealer.open(row.sealedOidc, `login/${row.id}`));
      const { loginId, ...secrets } = JSON.parse(opened) as Kept;
      return { loginId, providerId: row.providerId, returnTo: row.returnTo, secrets };
    },
    async finish(loginId, external) {
      const { id } = await adopt(parts, external);
      return pending.vouch(loginId, id);
    },
  };
}
