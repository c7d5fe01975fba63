import type { ServiceImpl } from "@connectrpc/connect";
import type { UserService } from "@limiquantix/api";
import { callOf } from "../rpc/context.ts";
import { shownLoginPolicy } from "./login-policy.ts";
import { createUser } from "./rpc/create-user.ts";
import { deleteUser } from "./rpc/delete-user.ts";
import { getUser, listUsers } from "./rpc/list-users.ts";
import { resetFactors, resetPassword } from "./rpc/reset-user.ts";
import { updateLoginPolicy } from "./rpc/update-login-policy.ts";
import { updateUser } from "./rpc/update-user.ts";
import type { IdentityServices } from "./services.ts";

export function userService(parts: IdentityServices) {
  return {
    createUser: (request, context) => createUser(parts, request, callOf(context)),
    getUser: (request) => getUser(parts, request),
    listUsers: (request) => listUsers(parts, request),
    updateUser: (request, context) => updateUser(parts, request, callOf(context)),
    deleteUser: (request, context) => deleteUser(parts, request, callOf(context)),
    resetPassword: (request, context) => resetPassword(parts, request, callOf(context)),
    resetFactors: (request, context) => resetFactors(parts, request, callOf(context)),
    getLoginPolicy: () => shownLoginPolicy(parts.db),
    updateLoginPolicy: (request, context) => updateLoginPolicy(parts, request, callOf(context)),
  } satisfies ServiceImpl<typeof UserService>;
}
