import { create } from "@bufbuild/protobuf";
import { ProjectUpdateSchema, type Project, type WatchProjectsRequest } from "@limiquantix/api";
import type { UsageRow } from "@limiquantix/api/rows";
import type { AccessParts } from "../../access/parts.ts";
import type { Call } from "../../rpc/call.ts";
import type { Database, TableChange } from "../../store/database.ts";
import type { Table } from "../../store/table.ts";
import { projects } from "../../tables.ts";
import { watchTable } from "../../watch/watch-table.ts";
import { withUsage } from "../project.ts";
import { usages } from "../usage.ts";

/** Projects as they change, and as what they use changes. */
export async function* watchProjects({ db }: AccessParts, request: WatchProjectsRequest, { access, signal }: Call) {
  const updates = watchTable(followingUsage(db), projects, {
    from: Number(request.fromRevision),
    signal,
    access,
    visible: access.sees("project", "project.view"),
  });
  for await (const { type, row, revision } of updates) {
    const project = row && { project: withUsage(db, row) };
    yield create(ProjectUpdateSchema, { type, ...project, revision: BigInt(revision) });
  }
}

/** The database as if a project changed with what it uses. */
function followingUsage(db: Database): Pick<Database, "revision" | "all" | "subscribe" | "changesSince"> {
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
  if (change.table.kind !== usages.kind) return change.table.kind === projects.kind ? [change] : [];
  const id = ((change.after ?? change.before) as UsageRow).id;
  const told = commit.some((other) => other.table.kind === projects.kind && other.id === id);
  const project: Project | undefined = told ? undefined : db.find(projects, id);
  return project ? [{ table: projects as unknown as Table, id, before: project, after: project }] : [];
}
