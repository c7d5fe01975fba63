import { administratorRole, problem, Reason } from "@limiquantix/api";
import { grants, groups, users } from "../identity/tables.ts";
import type { Transaction } from "../store/database.ts";
import { rootKey } from "./inventory.ts";

/** An administrator's grant: the built-in role, on the root and all below it. */
export function isAdministratorGrant(grant: {
  roleId: string;
  object?: { kind: string } | undefined;
  thisObjectOnly: boolean;
}): boolean {
  return grant.roleId === administratorRole && grant.object?.kind === rootKey && !grant.thisObjectOnly;
}

/**
 * To be called in a transaction that takes a grant, a user or a member away, after it did: throws LAST_ADMINISTRATOR
 * where no enabled user would be left who may do everything. What it reads is checked at commit, so that two
 * administrators cannot remove each other.
 */
export function refuseLastAdministrator(tx: Transaction, who: string): void {
  const good = (userId: string) => tx.find(users, userId)?.user?.disabled === false;
  const left = tx
    .by(grants, "object", `${rootKey}/`)
    .filter(isAdministratorGrant)
    .some(({ holder }) => {
      if (holder.case === "userId") return good(holder.value);
      const group = holder.case === "groupId" ? tx.find(groups, holder.value) : undefined;
      return [...(group?.memberIds ?? []), ...(group?.providedMemberIds ?? [])].some(good);
    });
  if (!left) throw problem(Reason.LAST_ADMINISTRATOR, { who });
}
