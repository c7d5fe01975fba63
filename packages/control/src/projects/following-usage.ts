import type { Project } from "@limiquantix/api";
import type { UsageRow } from "@limiquantix/api/rows";
import type { Database, TableChange } from "../store/database.ts";
import type { Table } from "../store/table.ts";
import { projects } from "../tables.ts";
import { usages } from "./usage.ts";

/** The database as if a project changed with what it uses. Other tables' changes are told as they are. */
export function followingUsage(db: Database): Pick<Database, "revision" | "all" | "subscribe" | "changesSince"> {
  const told = (changes: readonly TableChange[]) => changes.flatMap((change) => projectChanges(db, change, changes));
  return {
    get revision() {
      return db.revision;
    },
    all: (table) => db.all(table),
    subscribe: (listener) => db.subscribe((changes, revision) => listener(told(changes), revision)),
    changesSince: (revision) =>
      db.changesSince(revision)?.map((commit) => ({ revision: commit.revision, changes: told(commit.changes) })),
  };
}

function projectChanges(db: Database, change: TableChange, commit: readonly TableChange[]): TableChange[] {
  if (change.table.kind !== usages.kind) return [change];
  const id = ((change.after ?? change.before) as UsageRow).id;
  const told = commit.some((other) => other.table.kind === projects.kind && other.id === id);
  const project: Project | undefined = told ? undefined : db.find(projects, id);
  return project ? [{ table: projects as unknown as Table, id, before: project, after: project }] : [];
}
