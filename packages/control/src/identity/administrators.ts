import { isAdministratorGrant } from "../access/last-administrator.ts";
import type { Transaction } from "../store/database.ts";
import { grants } from "./tables.ts";

/** Whether the user holds the role administrator on the root, by themselves or by one of the groups. */
export function isAdministrator(db: Pick<Transaction, "by">, userId: string, groupIds: readonly string[]): boolean {
  const holders = [`user/${userId}`, ...groupIds.map((id) => `group/${id}`)];
  return holders.some((holder) => db.by(grants, "holder", holder).some(isAdministratorGrant));
}
