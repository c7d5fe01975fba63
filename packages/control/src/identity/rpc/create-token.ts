import { create } from "@bufbuild/protobuf";
import {
  CreateTokenResponseSchema,
  expandPrivilege,
  invalid,
  problem,
  Reason,
  ResourceRefSchema,
  Token_Kind,
  User_Kind,
  type CreateTokenRequest,
  type CreateTokenResponse,
  type ResourceRef,
} from "@limiquantix/api";
import { rootKey } from "../../access/inventory.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import { newSecret } from "../secrets.ts";
import type { IdentityServices } from "../services.ts";
import { users } from "../tables.ts";
import { requireUserWithin } from "../within.ts";
import { isNarrowed, storedUser } from "./stored-user.ts";

const dayMs = 24 * 3600 * 1000;

/**
 * A repeat under the same idempotency key answers the token without its secret, which is nowhere kept.
 * Throws NOT_FOUND, INVALID_REQUEST, PERMISSION_DENIED, PRIVILEGE_MISSING.
 */
export function createToken(
  parts: IdentityServices,
  request: CreateTokenRequest,
  call: Call,
): Promise<CreateTokenResponse> {
  const caller = storedUser(call);
  checkScopes(request.scopes);
  const secret = newSecret("lqx_");
  const mutation = {
    method: "AuthService.CreateToken",
    request,
    response: CreateTokenResponseSchema,
    forRepeats: (response: CreateTokenResponse) => void (response.secret = ""),
  };
  return mutate(parts, call, mutation, (tx) => {
    const userId = request.userId || caller.id;
    if (userId === caller.id) requireWhole(parts, caller.tokenId);
    else requireOverService(parts, call, tx, { userId, scopes: request.scopes });
    const token = parts.tokens.insert(tx, {
      secret,
      token: {
        name: request.name,
        userId,
        kind: Token_Kind.API,
        scopes: request.scopes,
        objects: request.objects.map((ref) => objectOf(parts, call, ref)),
      },
      lifeMs: (request.expiresInDays || 90) * dayMs,
    });
    return create(CreateTokenResponseSchema, { token, secret: request.dryRun ? "" : secret });
  });
}

/** A token of narrow scope must not make one of a wider. */
function requireWhole({ tokens }: IdentityServices, tokenId: string): void {
  if (!isNarrowed(tokens.find(tokenId))) return;
  throw problem(Reason.PERMISSION_DENIED, { who: "an API token of limited scope" });
}

/** Another's token must be a service account's, and give nothing that the caller does not hold. */
function requireOverService(
  parts: IdentityServices,
  call: Call,
  tx: Transaction,
  wanted: { userId: string; scopes: readonly string[] },
): void {
  call.access.require("token.manage", { kind: rootKey, id: "" });
  const user = tx.get(users, wanted.userId).user;
  if (user?.kind !== User_Kind.SERVICE) {
    throw invalid([{ field: "userId", message: "is a person: they make their tokens themselves" }]);
  }
  const only = wanted.scopes.length > 0 ? new Set(wanted.scopes.flatMap(expandPrivilege)) : undefined;
  requireUserWithin(parts, call, wanted.userId, only);
}

function checkScopes(scopes: readonly string[]): void {
  const unknown = scopes.filter((pattern) => expandPrivilege(pattern).length === 0);
  if (unknown.length === 0) return;
  throw invalid([{ field: "scopes", message: `there is no privilege ${unknown.join(", ")}` }]);
}

/** By id, as names may change. Throws NOT_FOUND for what the caller may not know of. */
function objectOf({ inventory }: IdentityServices, call: Call, { kind, id }: ResourceRef): ResourceRef {
  if (kind === rootKey || kind === "") return create(ResourceRefSchema, { kind: rootKey });
  const path = inventory.pathOfRef({ kind, id });
  const [found = ""] = path ?? [];
  const place = path && call.access;
  const mayKnow = place && expandPrivilege(`${kind}.view`).some((privilege) => place.can(privilege, path));
  if (!found.startsWith(`${kind}/`) || !mayKnow) throw problem(Reason.NOT_FOUND, { kind, id });
  return create(ResourceRefSchema, { kind, id: found.slice(kind.length + 1) });
}
