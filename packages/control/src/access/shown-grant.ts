import { clone } from "@bufbuild/protobuf";
import { GrantSchema, type Grant } from "@limiquantix/api";
import { groups, users } from "../identity/tables.ts";
import type { Transaction } from "../store/database.ts";
import { Inventory, isObjectKind, rootKey } from "./inventory.ts";
import { findRole } from "./role.ts";

/** A stored grant with the names that people know. */
export function shownGrant(db: Pick<Transaction, "find" | "by">, grant: Grant): Grant {
  const shown = clone(GrantSchema, grant);
  const { holder } = grant;
  const name =
    holder.case === "groupId" ? db.find(groups, holder.value)?.name : db.find(users, holder.value ?? "")?.user?.name;
  shown.holderName = name ?? "";
  shown.roleName = findRole(db, grant.roleId)?.name ?? "";
  if (shown.object) shown.object.name = nameOfObject(db, shown.object);
  return shown;
}

function nameOfObject(db: Pick<Transaction, "find" | "by">, { kind, id }: { kind: string; id: string }): string {
  if (kind === rootKey || !isObjectKind(kind)) return "";
  const row = new Inventory(db).find(kind, id);
  if (!row) return "";
  return "hostname" in row ? row.hostname : "name" in row ? row.name : "";
}
