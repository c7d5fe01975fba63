import type { HandlerContext } from "@connectrpc/connect";
import { problem, Reason } from "@limiquantix/api";
import { devPrincipal } from "../gate.ts";
import { callOf } from "../../rpc/context.ts";

/** The user who calls. Throws PERMISSION_DENIED for who has no account: a host, or the administrator of `--dev`. */
export function storedUser(context: HandlerContext): { id: string; tokenId: string } {
  const { principal } = callOf(context);
  if (principal.kind !== "user" || principal.id === devPrincipal.id) {
    throw problem(Reason.PERMISSION_DENIED, { who: `${principal.name}, who has no account,` });
  }
  return principal;
}
