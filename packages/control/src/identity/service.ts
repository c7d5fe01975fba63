import type { ServiceImpl } from "@connectrpc/connect";
import type { AuthService } from "@limiquantix/api";
import { callOf } from "../rpc/context.ts";
import { changePassword } from "./rpc/change-password.ts";
import { createToken } from "./rpc/create-token.ts";
import { confirmPasskey, confirmTotp, listFactors, removeFactor, startPasskey, startTotp } from "./rpc/factors.ts";
import { finishLogin, listLoginMethods, login, startOidcLogin, startPasskeyLogin } from "./rpc/login.ts";
import { logout, whoAmI } from "./rpc/session.ts";
import { listTokens, revokeToken } from "./rpc/tokens.ts";
import type { IdentityServices } from "./services.ts";

export function authService(parts: IdentityServices) {
  return {
    listLoginMethods: (_, context) => listLoginMethods(parts, context),
    login: (request, context) => login(parts, request, context),
    finishLogin: (request, context) => finishLogin(parts, request, context),
    startPasskeyLogin: (_, context) => startPasskeyLogin(parts, context),
    startOidcLogin: (request, context) => startOidcLogin(parts, request, context),
    logout: (_, context) => logout(parts, context),
    whoAmI: (_, context) => whoAmI(parts, context),
    changePassword: (request, context) => changePassword(parts, request, callOf(context)),
    createToken: (request, context) => createToken(parts, request, callOf(context)),
    listTokens: (request, context) => listTokens(parts, request, callOf(context)),
    revokeToken: (request, context) => revokeToken(parts, request, callOf(context)),
    listFactors: (_, context) => listFactors(parts, callOf(context)),
    startTotp: (request, context) => startTotp(parts, request, callOf(context)),
    confirmTotp: (request, context) => confirmTotp(parts, request, callOf(context)),
    startPasskey: (request, context) => startPasskey(parts, request, context),
    confirmPasskey: (request, context) => confirmPasskey(parts, request, context),
    removeFactor: (request, context) => removeFactor(parts, request, callOf(context)),
  } satisfies ServiceImpl<typeof AuthService>;
}
