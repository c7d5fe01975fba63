import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  ListTokensResponseSchema,
  LogoutResponseSchema,
  RevokeTokenResponseSchema,
  type AuthService,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { callOf } from "../rpc/context.ts";
import { mutate } from "../rpc/mutate.ts";
import type { Database } from "../store/database.ts";
import type { Accounts } from "./accounts.ts";
import { changePassword } from "./rpc/change-password.ts";
import { createToken } from "./rpc/create-token.ts";
import { login } from "./rpc/login.ts";
import { storedUser } from "./rpc/stored-user.ts";
import { whoAmI } from "./rpc/who-am-i.ts";
import type { Tokens } from "./tokens.ts";

export function authService(parts: { db: Database; clock: Clock; accounts: Accounts; tokens: Tokens }) {
  return {
    login: (request, context) => login(parts, request, context),
    async logout(_, context) {
      const user = storedUser(context);
      await parts.db.transact((tx) => parts.tokens.revoke(tx, user.id, user.tokenId));
      return create(LogoutResponseSchema);
    },
    whoAmI: (_, context) => whoAmI(parts.accounts, context),
    changePassword: (request, context) => changePassword(parts, request, context),
    createToken: (request, context) => createToken(parts, request, context),
    listTokens: (_, context) => create(ListTokensResponseSchema, { tokens: parts.tokens.list(storedUser(context).id) }),
    revokeToken(request, context) {
      const user = storedUser(context);
      const mutation = { method: "AuthService.RevokeToken", request, response: RevokeTokenResponseSchema };
      return mutate(parts, callOf(context), mutation, (tx) => {
        parts.tokens.revoke(tx, user.id, request.id);
        return create(RevokeTokenResponseSchema);
      });
    },
  } satisfies ServiceImpl<typeof AuthService>;
}
