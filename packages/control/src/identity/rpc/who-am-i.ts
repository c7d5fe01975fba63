import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { UserSchema, type User } from "@limiquantix/api";
import { callOf } from "../../rpc/context.ts";
import type { Accounts } from "../accounts.ts";

export function whoAmI(accounts: Accounts, context: HandlerContext): User {
  const { principal } = callOf(context);
  const administrator = principal.kind === "user" && principal.administrator;
  return accounts.find(principal.id) ?? create(UserSchema, { id: principal.id, name: principal.name, administrator });
}
