import type { VirtualMachine } from "@limiquantix/api";
import { Inventory, notFound, type Access } from "../access/index.ts";
import type { Database } from "../store/database.ts";
import { vms } from "../tables.ts";

/** By id, or by name where only one VM has it of those that the caller may see. Throws NOT_FOUND. */
export function findVm(db: Database, idOrName: string, access: Access): VirtualMachine {
  const found = new Inventory(db).find("vm", idOrName, access.sees("vm", "vm.view"));
  // One in the recycle bin has its place in the tree, and is no VM.
  if (found && db.find(vms, found.id)) return found;
  throw notFound({ kind: "vm", id: idOrName });
}
