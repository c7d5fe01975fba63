import { create } from "@bufbuild/protobuf";
import {
  ChangePasswordResponseSchema,
  type ChangePasswordRequest,
  type ChangePasswordResponse,
} from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import type { IdentityServices } from "../services.ts";
import { userInSession } from "./stored-user.ts";

/** Throws LOGIN_FAILED, RATE_LIMITED, PASSWORD_TOO_WEAK, PERMISSION_DENIED, UNSUPPORTED. */
export async function changePassword(
  { accounts, tokens }: IdentityServices,
  { oldPassword, newPassword }: ChangePasswordRequest,
  call: Call,
): Promise<ChangePasswordResponse> {
  const { id: userId, tokenId: exceptId } = userInSession(tokens, call);
  const { address } = call.peer;
  await accounts.changePassword({ userId, oldPassword, newPassword, address }, (tx) =>
    tokens.endSessions(tx, userId, exceptId),
  );
  return create(ChangePasswordResponseSchema);
}
