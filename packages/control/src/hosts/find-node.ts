import type { Node } from "@limiquantix/api";
import { Inventory, notFound, type Access } from "../access/index.ts";
import type { Database } from "../store/database.ts";

/** By id, or by hostname where only one has it of those that the caller may see. Throws NOT_FOUND. */
export function findNode(db: Database, idOrName: string, access: Access): Node {
  const found = new Inventory(db).find("node", idOrName, access.sees("node", "node.view"));
  if (found) return found;
  throw notFound({ kind: "node", id: idOrName });
}

/** The same, of those only that the caller may view: one that they may not is not there for them. */
export function viewableNode(db: Database, idOrName: string, access: Access): Node {
  const found = findNode(db, idOrName, access);
  if (access.sees("node", "node.view")(found)) return found;
  throw notFound({ kind: "node", id: idOrName });
}
