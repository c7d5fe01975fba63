import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { LogoutResponseSchema, UserSchema, type LogoutResponse, type User } from "@limiquantix/api";
import { callOf, peerKey } from "../../rpc/context.ts";
import { sessionCookie } from "../session-cookie.ts";
import type { IdentityServices } from "../services.ts";
import { tokens } from "../tables.ts";
import { storedUser } from "./stored-user.ts";

/** An API token that logs out is gone as well. */
export async function logout({ db }: IdentityServices, context: HandlerContext): Promise<LogoutResponse> {
  const { tokenId } = storedUser(callOf(context));
  await db.transact((tx) => tx.delete(tokens, tokenId));
  const tls = context.values.get(peerKey).tls ?? false;
  context.responseHeader.append("set-cookie", sessionCookie("", { tls, maxAgeSeconds: 0 }));
  return create(LogoutResponseSchema);
}

export function whoAmI({ accounts }: IdentityServices, context: HandlerContext): User {
  const { id, name } = callOf(context).principal;
  // Without an account there is only the caller of --dev, who may do everything.
  return accounts.find(id) ?? create(UserSchema, { id, name, administrator: true });
}
