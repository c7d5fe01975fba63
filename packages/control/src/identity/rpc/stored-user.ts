import { problem, Reason, Token_Kind } from "@limiquantix/api";
import type { TokenRow } from "@limiquantix/api/rows";
import type { Call } from "../../rpc/call.ts";
import { devId } from "../gate.ts";
import type { Tokens } from "../tokens.ts";

export interface StoredUser {
  id: string;
  name: string;
  tokenId: string;
}

/** The user who calls. Throws PERMISSION_DENIED for who has no account: a host, or the administrator of `--dev`. */
export function storedUser({ principal }: Call): StoredUser {
  if (principal.kind === "user" && principal.id !== devId) return principal;
  throw problem(Reason.PERMISSION_DENIED, { who: `${principal.name}, who has no account,` });
}

/**
 * The user who calls by a session. Throws PERMISSION_DENIED for an API token: what it gives must end with it, and a
 * password or a second factor would not.
 */
export function userInSession(tokens: Tokens, call: Call): StoredUser {
  const user = storedUser(call);
  if (tokens.find(user.tokenId)?.token?.kind === Token_Kind.SESSION) return user;
  throw problem(Reason.PERMISSION_DENIED, { who: "an API token" });
}

/** Whether a token allows less than its user may do. */
export function isNarrowed(row: TokenRow | undefined): boolean {
  return (row?.token?.scopes.length ?? 0) > 0 || (row?.token?.objects.length ?? 0) > 0;
}
