import { create } from "@bufbuild/protobuf";
import { DeleteUserResponseSchema, type DeleteUserRequest, type DeleteUserResponse } from "@limiquantix/api";
import { refuseLastAdministrator } from "../../access/last-administrator.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { IdentityServices } from "../services.ts";
import { users } from "../tables.ts";
import { requireUserWithin } from "../within.ts";

/** With their sessions, tokens, factors, memberships and grants. Throws NOT_FOUND, PRIVILEGE_MISSING, LAST_ADMINISTRATOR. */
export function deleteUser(
  parts: IdentityServices,
  request: DeleteUserRequest,
  call: Call,
): Promise<DeleteUserResponse> {
  const mutation = { method: "UserService.DeleteUser", request, response: DeleteUserResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const { name, administrator } = parts.accounts.shown(tx.get(users, request.id));
    requireUserWithin(parts, call, request.id);
    parts.accounts.delete(tx, request.id);
    if (administrator) refuseLastAdministrator(tx, name);
    return create(DeleteUserResponseSchema);
  });
}
