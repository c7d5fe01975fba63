import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { administratorRole, ProjectSchema } from "@limiquantix/api";
import { SchemaRowSchema } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import { defaultProjectId } from "./access/inventory.ts";
import { grantOnRoot } from "./access/grant.ts";
import { users } from "./identity/tables.ts";
import type { Database } from "./store/database.ts";
import { table } from "./store/table.ts";
import { projects } from "./tables.ts";

/** One row, "schema": how far the stored rows have been brought up to this program. */
export const schemas = table({ kind: "schema", schema: SchemaRowSchema });

/** 1: users had a flag `administrator`, and projects were only names. 2: grants and projects. */
const version = 2;

/** Brings what an older program stored up to this one, in one transaction; on an empty store makes what must be there. */
export async function upgrade({ db, clock }: { db: Database; clock: Clock }): Promise<void> {
  const stored = db.find(schemas, "schema")?.version ?? 1;
  if (stored === version) return;
  if (stored > version) {
    throw new Error(`the database was written by a newer limiquantix (schema ${stored}, not ${version}): use that one`);
  }
  const administrators = [...db.all(users)].filter(({ user }) => user?.administrator);
  await db.transact((tx) => {
    const now = timestampFromMs(clock.now());
    if (!tx.find(projects, defaultProjectId)) {
      const description = "What belongs to no other project";
      const project = { id: defaultProjectId, name: "default", description, createdAt: now, updatedAt: now };
      tx.insert(projects, create(ProjectSchema, project));
    }
    for (const { id } of administrators) grantOnRoot(tx, clock, { userId: id, roleId: administratorRole });
    const row = create(SchemaRowSchema, { id: "schema", version });
    if (tx.find(schemas, "schema")) tx.update(schemas, "schema", (copy) => void (copy.version = version));
    else tx.insert(schemas, row);
  });
}
