import { notFound } from "./access.ts";
import { Inventory } from "./inventory.ts";
import type { Database } from "../store/database.ts";

/** The id of the project with this id or name; the default one's where none is named. Throws NOT_FOUND. */
export function projectIdOf(db: Pick<Database, "find" | "by">, idOrName: string): string {
  const project = new Inventory(db).find("project", idOrName);
  if (project) return project.id;
  throw notFound({ kind: "project", id: idOrName });
}
