import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { LoginResponseSchema, type LoginRequest, type LoginResponse } from "@limiquantix/api";
import { peerKey } from "../../rpc/context.ts";
import type { Accounts } from "../accounts.ts";
import type { Tokens } from "../tokens.ts";

/** Throws LOGIN_FAILED, RATE_LIMITED. */
export async function login(
  parts: { accounts: Accounts; tokens: Tokens },
  request: LoginRequest,
  context: HandlerContext,
): Promise<LoginResponse> {
  const { address } = context.values.get(peerKey);
  const user = await parts.accounts.checkPassword({ name: request.username, password: request.password, address });
  const { secret, token } = await parts.tokens.openSession(user.id);
  return create(LoginResponseSchema, { token: secret, user, expiresAt: token.expiresAt });
}
