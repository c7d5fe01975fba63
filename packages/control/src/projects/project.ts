import { clone } from "@bufbuild/protobuf";
import { problem, ProjectSchema, Reason, type Project } from "@limiquantix/api";
import { notFound } from "../access/access.ts";
import { defaultProjectId, Inventory } from "../access/inventory.ts";
import type { Database, Transaction } from "../store/database.ts";
import { usageOf } from "./usage.ts";

/** By id or name; empty: the default project. Throws NOT_FOUND. */
export function getProject(db: Pick<Transaction, "find" | "by">, idOrName: string): Project {
  const project = new Inventory(db).find("project", idOrName);
  if (!project) throw notFound({ kind: "project", id: idOrName });
  return project;
}

/** As it is told: with what it uses, which is stored apart. */
export function withUsage(db: Pick<Database, "find">, project: Project): Project {
  const shown = clone(ProjectSchema, project);
  shown.usage = usageOf(db, project.id);
  return shown;
}

/** Throws BUILT_IN for the project that is always there. */
export function refuseBuiltIn({ id, name }: Project): void {
  if (id === defaultProjectId) throw problem(Reason.BUILT_IN, { kind: "project", name });
}
