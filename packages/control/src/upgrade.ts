import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { administratorRole, ProjectSchema } from "@limiquantix/api";
import { SchemaRowSchema, UsageRowSchema } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import { defaultProjectId } from "./access/inventory.ts";
import { grantOnRoot } from "./access/grant.ts";
import { users } from "./identity/tables.ts";
import { countUsage, usages } from "./projects/usage.ts";
import type { Database } from "./store/database.ts";
import { table } from "./store/table.ts";
import { volumesOf } from "./volumes/upgrade.ts";
import { tombstones } from "./vms/tombstone.ts";
import { images, isOfHost, networks, pools, projects, vms, volumes } from "./tables.ts";

/** One row, "schema": how far the stored rows have been brought up to this program. */
export const schemas = table({ kind: "schema", schema: SchemaRowSchema });

/**
 * 1: users had a flag `administrator`, and projects were only names. 2: grants, projects and what they use. 3: volumes have
 * rows of their own, and a host's own pool says that it is one.
 */
const version = 3;

/**
 * Brings what an older program stored up to this one, in one transaction; on an empty store makes what must be there.
 * A start that died before it begins anew, one that died after it has nothing to do.
 */
export async function upgrade({ db, clock }: { db: Database; clock: Clock }): Promise<void> {
  const stored = db.find(schemas, "schema")?.version ?? 1;
  if (stored === version) return;
  if (stored > version) {
    throw new Error(`the database was written by a newer limiquantix (schema ${stored}, not ${version}): use that one`);
  }
  const known = stored < 2 ? [...db.all(users)] : [];
  const administrators = known.filter(({ user }) => user?.administrator);
  // It said then what `first_password` says now.
  const warned = known.filter(({ user }) => user?.mustChangePassword);
  const named = namedProjects(db);
  const [allVms, buried] = [[...db.all(vms)], [...db.all(tombstones)]];
  const hostPools = [...db.all(pools)].filter((pool) => isOfHost(pool) && !pool.spec?.ofHost);
  await db.transact((tx) => {
    const now = timestampFromMs(clock.now());
    for (const id of named) {
      if (tx.find(projects, id)) continue;
      const description = id === defaultProjectId ? "What belongs to no other project" : "";
      tx.insert(projects, create(ProjectSchema, { id, name: id, description, createdAt: now, updatedAt: now }));
    }
    for (const { id } of hostPools) {
      tx.update(pools, id, ({ spec }) => void Object.assign(spec ?? {}, { ofHost: true }));
    }
    const made = [...allVms, ...buried].flatMap((holder) => volumesOf(tx, clock, holder));
    for (const volume of made) tx.insert(volumes, volume);
    for (const [id, usage] of countUsage(allVms, [...db.all(volumes), ...made])) {
      if (tx.find(usages, id)) tx.update(usages, id, (copy) => void (copy.usage = usage));
      else tx.insert(usages, create(UsageRowSchema, { id, usage }));
    }
    for (const { id } of administrators) grantOnRoot(tx, clock, { userId: id, roleId: administratorRole });
    for (const { id } of warned) {
      tx.update(
        users,
        id,
        ({ user }) => void Object.assign(user ?? {}, { firstPassword: true, mustChangePassword: false }),
      );
    }
    const row = create(SchemaRowSchema, { id: "schema", version });
    if (tx.find(schemas, "schema")) tx.update(schemas, "schema", (copy) => void (copy.version = version));
    else tx.insert(schemas, row);
  });
}

/** The projects that rows name. Before there were projects, one was any word; as its id it stays. */
function namedProjects(db: Database): Set<string> {
  const rows = [vms, images, networks, pools].flatMap((one) => [...db.all(one as typeof vms)]);
  return new Set([defaultProjectId, ...rows.map(({ projectId }) => projectId).filter((id) => id !== "")]);
}
