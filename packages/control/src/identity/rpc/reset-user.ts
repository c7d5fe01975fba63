import { create } from "@bufbuild/protobuf";
import {
  ResetPasswordResponseSchema,
  UserSchema,
  type ResetFactorsRequest,
  type ResetPasswordRequest,
  type ResetPasswordResponse,
  type User,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { requireOwnPassword } from "../accounts.ts";
import { clearFailures } from "../login-attempts.ts";
import { loginPolicyOf } from "../login-policy.ts";
import { setPassword } from "../passwords.ts";
import { newPassword } from "../secrets.ts";
import type { IdentityServices } from "../services.ts";
import { users } from "../tables.ts";
import { requireUserWithin } from "../within.ts";

/** Throws NOT_FOUND, PRIVILEGE_MISSING, UNSUPPORTED. A repeat under the same idempotency key has no password. */
export async function resetPassword(
  parts: IdentityServices,
  request: ResetPasswordRequest,
  call: Call,
): Promise<ResetPasswordResponse> {
  const { db, hasher, accounts, tokens } = parts;
  const password = request.dryRun ? "" : newPassword();
  const hash = password && (await hasher.hash(password));
  const mutation = {
    method: "UserService.ResetPassword",
    request,
    response: ResetPasswordResponseSchema,
    forRepeats: (response: ResetPasswordResponse) => void (response.password = ""),
  };
  return mutate(parts, call, mutation, (tx) => {
    const row = tx.get(users, request.id);
    requireUserWithin(parts, call, request.id);
    requireOwnPassword(row);
    tx.update(users, request.id, (copy) => {
      setPassword(copy, hash, loginPolicyOf(db), "another");
      clearFailures(copy);
    });
    tokens.endSessions(tx, request.id);
    if (!request.dryRun) accounts.attempts.forget(row);
    return create(ResetPasswordResponseSchema, { password });
  });
}

/** Throws NOT_FOUND, PRIVILEGE_MISSING. */
export function resetFactors(parts: IdentityServices, request: ResetFactorsRequest, call: Call): Promise<User> {
  const mutation = { method: "UserService.ResetFactors", request, response: UserSchema };
  return mutate(parts, call, mutation, (tx) => {
    tx.get(users, request.id);
    requireUserWithin(parts, call, request.id);
    parts.factors.removeAll(tx, request.id);
    parts.tokens.endSessions(tx, request.id);
    return parts.accounts.shown(tx.get(users, request.id));
  });
}
