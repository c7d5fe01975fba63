import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  ChangePasswordResponseSchema,
  type ChangePasswordRequest,
  type ChangePasswordResponse,
} from "@limiquantix/api";
import { peerKey } from "../../rpc/context.ts";
import type { Accounts } from "../accounts.ts";
import type { Tokens } from "../tokens.ts";
import { storedUser } from "./stored-user.ts";

/** Throws LOGIN_FAILED, RATE_LIMITED, PASSWORD_TOO_WEAK, PERMISSION_DENIED. */
export async function changePassword(
  parts: { accounts: Accounts; tokens: Tokens },
  request: ChangePasswordRequest,
  context: HandlerContext,
): Promise<ChangePasswordResponse> {
  const user = storedUser(context);
  await parts.accounts.changePassword({
    userId: user.id,
    oldPassword: request.oldPassword,
    newPassword: request.newPassword,
    address: context.values.get(peerKey).address,
  });
  await parts.tokens.endSessions(user.id, user.tokenId);
  return create(ChangePasswordResponseSchema);
}
