import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { EventSchema } from "@limiquantix/api";
import { openDatabase, table, type Table } from "@limiquantix/control";
import { silentLog, systemClock } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteStore } from "./sqlite-store.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lqx-reindex-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Of one kind, as one release and the next have it: not cached, so that pages come from the store's own indexes. */
const before = table({ kind: "event", schema: EventSchema, cached: false, indexes: { type: (event) => event.type } });
const after = table({
  ...before,
  indexes: { severity: (event) => event.message },
  unique: (event) => [event.type],
  layout: 2,
});

async function withDatabase<T>(
  events: Table<typeof EventSchema>,
  work: (db: Awaited<ReturnType<typeof openDatabase>>, store: SqliteStore) => Promise<T>,
): Promise<T> {
  await using store = await SqliteStore.open({ path: join(folder, "state.db") });
  const tables = [events] as unknown as readonly Table[];
  await using db = await openDatabase({ store, tables, clock: systemClock, log: silentLog });
  return await work(db, store);
}

test("rows of another version are found by the indexes and keys of this one, and are written once for it", async () => {
  await withDatabase(before, async (db) => {
    for (let i = 0; i < 3; i++) {
      const event = create(EventSchema, { id: `e${i}`, type: `t${i}`, message: "hot" });
      await db.transact((tx) => tx.insert(before, event));
    }
  });
  const revision = await withDatabase(after, async (db, store) => {
    const found = await db.page(after, { where: { index: "severity", value: "hot" }, limit: 10 });
    expect(found.map(({ id, type }) => [id, type])).toEqual([
      ["e0", "t0"],
      ["e1", "t1"],
      ["e2", "t2"],
    ]);
    expect(await db.page(after, { where: { index: "type", value: "t0" }, limit: 10 })).toEqual([]);
    const taken = create(EventSchema, { id: "e9", type: "t1" });
    await expect(db.transact((tx) => tx.insert(after, taken))).rejects.toThrow("t1 exists already");
    return store.revision();
  });
  expect(await withDatabase(after, (_, store) => store.revision())).toBe(revision);
  // Back to the older program: its indexes are there again.
  await withDatabase(before, async (db) => {
    expect(await db.page(before, { where: { index: "type", value: "t0" }, limit: 10 })).toHaveLength(1);
  });
});

test("rows that a new unique key does not fit keep the database closed, with the kind named", async () => {
  await withDatabase(before, async (db) => {
    for (const id of ["a", "b"])
      await db.transact((tx) => tx.insert(before, create(EventSchema, { id, type: "same" })));
  });
  await expect(withDatabase(after, async () => {})).rejects.toThrow("index the rows of event anew");
});
