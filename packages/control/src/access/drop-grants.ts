import { grants } from "../identity/tables.ts";
import type { Transaction } from "../store/database.ts";
import type { ObjectKind } from "./inventory.ts";

/** An object's grants go with it: to be called in the transaction that deletes its row. */
export function dropGrantsOn(tx: Transaction, kind: ObjectKind, id: string): void {
  for (const grant of tx.by(grants, "object", `${kind}/${id}`)) tx.delete(grants, grant.id);
}
