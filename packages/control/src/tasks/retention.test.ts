import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { EventSchema, Task_State, TaskSchema } from "@limiquantix/api";
import { FakeClock, newId, silentLog } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { allTables } from "../all-tables.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import { events, tasks } from "../tables.ts";
import { sweepHistory } from "./retention.ts";

const dayMs = 24 * 3600 * 1000;

test("tasks that ended a week ago and events of a month ago go; what is open or newer stays", async () => {
  const clock = new FakeClock();
  await using store = new MemoryStore();
  await using db = await openDatabase({ store, tables: allTables, clock, log: silentLog });
  const ago = (days: number) => timestampFromMs(clock.now() - days * dayMs);
  await db.transact((tx) => {
    const ended = (id: string, days: number) =>
      tx.insert(tasks, create(TaskSchema, { id, state: Task_State.FAILED, finishedAt: ago(days) }));
    ended("old", 8);
    ended("new", 6);
    tx.insert(tasks, create(TaskSchema, { id: "open", state: Task_State.RUNNING, createdAt: ago(99) }));
  });
  for (let chunk = 0; chunk < 3; chunk++) {
    await db.transact((tx) => {
      for (let i = 0; i < 400; i++) tx.insert(events, create(EventSchema, { id: newId(), createdAt: ago(31) }));
    });
  }
  await db.transact((tx) =>
    tx.insert(events, create(EventSchema, { id: newId(), message: "kept", createdAt: ago(29) })),
  );
  await sweepHistory({ db, clock });
  expect([...db.all(tasks)].map(({ id }) => id)).toEqual(["new", "open"]);
  expect((await db.page(events, { limit: 10 })).map(({ message }) => message)).toEqual(["kept"]);
});
