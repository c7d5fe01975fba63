import { create } from "@bufbuild/protobuf";
import {
  ListTokensResponseSchema,
  problem,
  Reason,
  RevokeTokenResponseSchema,
  type ListTokensRequest,
  type ListTokensResponse,
  type RevokeTokenRequest,
  type RevokeTokenResponse,
} from "@limiquantix/api";
import { rootKey } from "../../access/inventory.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { IdentityServices } from "../services.ts";
import { tokens as table, users } from "../tables.ts";
import { isNarrowed, storedUser } from "./stored-user.ts";

const root = { kind: rootKey, id: "" };

/** Throws PRIVILEGE_MISSING, NOT_FOUND. */
export function listTokens(
  { db, tokens }: IdentityServices,
  { userId }: ListTokensRequest,
  call: Call,
): ListTokensResponse {
  const tokenId = call.principal.kind === "user" ? call.principal.tokenId : "";
  if (userId && userId !== call.principal.id) {
    call.access.require("token.manage", root);
    return create(ListTokensResponseSchema, { tokens: tokens.list(db.get(users, userId).id, tokenId) });
  }
  return create(ListTokensResponseSchema, { tokens: tokens.list(storedUser(call).id, tokenId) });
}

/** Throws NOT_FOUND, for another's token too where the caller may not revoke it. */
export function revokeToken(
  parts: IdentityServices,
  request: RevokeTokenRequest,
  call: Call,
): Promise<RevokeTokenResponse> {
  const { principal, access } = call;
  const ownId = principal.kind === "user" ? principal.tokenId : "";
  const mutation = { method: "AuthService.RevokeToken", request, response: RevokeTokenResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const userId = tx.find(table, request.id)?.token?.userId;
    // A token of limited scope may end itself, and not its user's other ones.
    const own = userId === principal.id && (request.id === ownId || !isNarrowed(parts.tokens.find(ownId)));
    const missing = userId === undefined || (!own && !access.can("token.manage", [rootKey]));
    if (missing) throw problem(Reason.NOT_FOUND, { kind: "token", id: request.id });
    tx.delete(table, request.id);
    return create(RevokeTokenResponseSchema);
  });
}
