import type { ServiceImpl } from "@connectrpc/connect";
import type { GroupService, UserService } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import type { Accounts } from "./accounts.ts";
import type { Tokens } from "./tokens.ts";

export function userService(_parts: { db: Database; clock: Clock; accounts: Accounts; tokens: Tokens }) {
  return {} satisfies Partial<ServiceImpl<typeof UserService>>;
}

export function groupService(_parts: { db: Database; clock: Clock }) {
  return {} satisfies Partial<ServiceImpl<typeof GroupService>>;
}
