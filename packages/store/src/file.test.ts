import { mkdtemp, open, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { create } from "@bufbuild/protobuf";
import { ImageSchema } from "@limiquantix/api";
import {
  images,
  openDatabase,
  StoreUnavailableError,
  type Commit,
  type Operation,
  type Store,
} from "@limiquantix/control";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { migrate, migrations } from "./schema.ts";
import { SqliteStore } from "./sqlite-store.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lqx-store-"));
  path = join(folder, "data", "control.db");
});
afterEach(() => rm(folder, { recursive: true }));

const put = (id: string, value: string | Uint8Array): Operation => ({
  type: "put",
  kind: "vm",
  id,
  value: typeof value === "string" ? new TextEncoder().encode(value) : value,
  indexes: { node: "n1" },
  unique: [`key-${id}`],
  expect: undefined,
});

async function take(store: Store, after: number, count: number): Promise<Commit[]> {
  const commits: Commit[] = [];
  const enough = new AbortController();
  for await (const commit of store.watch(after, enough.signal)) {
    commits.push(commit);
    if (commits.length >= count) enough.abort();
  }
  return commits;
}

const mode = async (file: string) => (await stat(file)).mode & 0o777;

const increment = (copy: { description: string }) => void (copy.description = `${+copy.description + 1}`);

const refusal = async () => {
  const store = await SqliteStore.open({ path }).catch((error: unknown) => error);
  if (store instanceof SqliteStore) await store[Symbol.asyncDispose]();
  return store;
};

test("all is there after a restart, and watch goes on from a revision of before", async () => {
  {
    await using store = await SqliteStore.open({ path });
    for (let i = 0; i < 5; i++) await store.commit([put(`${i}`, `value ${i}`)]);
    await store.commit([{ type: "delete", kind: "vm", id: "0", expect: 1 }]);
    await store.acquireLease({ name: "leader", holder: "a", now: 0, ttlMs: 100 });
  }
  await using store = await SqliteStore.open({ path });
  expect(await store.revision()).toBe(6);
  expect((await store.list("vm", { where: { index: "node", value: "n1" } })).map((r) => r.id)).toEqual([
    "1",
    "2",
    "3",
    "4",
  ]);
  expect(await store.acquireLease({ name: "leader", holder: "b", now: 50, ttlMs: 100 })).toBe(false);
  await expect(store.commit([{ ...put("x", ""), unique: ["key-1"] } as Operation])).rejects.toThrow("key-1 is taken");
  expect(await store.commit([put("5", "")])).toBe(7);
  const commits = await take(store, 4, 3);
  expect(commits.map((c) => [c.revision, c.changes[0]!.id, c.changes[0]!.row?.revision])).toEqual([
    [5, "4", 5],
    [6, "0", undefined],
    [7, "5", 7],
  ]);
});

test("what was given to commit before the end is written", async () => {
  const store = await SqliteStore.open({ path });
  const commits = Array.from({ length: 500 }, (_, i) => store.commit([put(`${i}`, "")]));
  await store[Symbol.asyncDispose]();
  await Promise.all(commits);
  await using again = await SqliteStore.open({ path });
  expect(await again.revision()).toBe(500);
});

test("only the owner may read the files", async () => {
  await using store = await SqliteStore.open({ path });
  await store.commit([put("a", "1")]);
  expect([await mode(path), await mode(`${path}-wal`), await mode(join(folder, "data"))]).toEqual([
    0o600, 0o600, 0o700,
  ]);
});

test("a thousand increments at once through a Database are a thousand, durably", async () => {
  const counter = create(ImageSchema, { id: newId(), name: "counter", description: "0" });
  {
    await using store = await SqliteStore.open({ path });
    await using db = await openDatabase({ store, tables: [images], clock: systemClock, log: silentLog });
    await db.transact((tx) => tx.insert(images, counter));
    await Promise.all(
      Array.from({ length: 1_000 }, () => db.transact((tx) => tx.update(images, counter.id, increment))),
    );
  }
  await using store = await SqliteStore.open({ path });
  await using db = await openDatabase({ store, tables: [images], clock: systemClock, log: silentLog });
  expect(db.get(images, counter.id)).toMatchObject({ description: "1000", revision: 1001n });
});

describe("a file that cannot be used is refused with the reason", () => {
  test("another control plane has it, until that ends", async () => {
    const store = await SqliteStore.open({ path });
    await store.commit([put("a", "1")]);
    expect(await refusal()).toMatchObject({ name: "StoreFileError", type: "in-use" });
    expect(await refusal()).toHaveProperty("message", expect.stringContaining("another control plane has it open"));
    await store.commit([put("b", "1")]);
    await store[Symbol.asyncDispose]();
    await using next = await SqliteStore.open({ path });
    expect(await next.revision()).toBe(2);
  });

  test("a newer version wrote it", async () => {
    await (await SqliteStore.open({ path }))[Symbol.asyncDispose]();
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 99");
    db.close();
    expect(await refusal()).toMatchObject({ type: "wrong-file" });
    expect(await refusal()).toHaveProperty("message", expect.stringContaining("its version is 99"));
  });

  test("it is another program's", async () => {
    path = join(folder, "other.db");
    const db = new DatabaseSync(path);
    db.exec("CREATE TABLE theirs (x)");
    db.close();
    expect(await refusal()).toMatchObject({ type: "wrong-file" });
    await writeFile(path, "not a database at all, but long enough to have a header of its own, which SQLite rejects");
    expect(await refusal()).toMatchObject({ type: "damaged" });
  });

  test("it is damaged", async () => {
    {
      await using store = await SqliteStore.open({ path });
      for (let i = 0; i < 200; i++) await store.commit([put(`${i}`, "x".repeat(1000))]);
    }
    const file = await open(path, "r+");
    const { size } = await file.stat();
    await file.write(new Uint8Array(size / 2).fill(0xaa), 0, size / 2, 4096 * 2);
    await file.close();
    expect(await refusal()).toMatchObject({ type: "damaged" });
  });

  test("the writer's module is not where it should be", async () => {
    const writer = new URL("./no-such-module.ts", import.meta.url);
    await expect(SqliteStore.open({ path, writer })).rejects.toThrow("the store's writer failed");
  });

  test("there can be no file at the path", async () => {
    await writeFile(join(folder, "data"), "in the way");
    expect(await refusal()).toMatchObject({ name: "StoreFileError" });
  });
});

test("a file of the first version is brought to the newest, with its rows", async () => {
  path = join(folder, "old.db");
  const old = new DatabaseSync(path);
  migrate(old, migrations.slice(0, 1));
  old.exec(`UPDATE state SET revision = 7;
    INSERT INTO rows VALUES ('vm', 'a', 7, x'31', '{"node":"n1"}', '["key-a"]');
    INSERT INTO row_indexes VALUES ('vm', 'node', 'n1', 'a');
    INSERT INTO row_keys VALUES ('vm', 'key-a', 'a');`);
  old.close();
  await using store = await SqliteStore.open({ path });
  const [row] = await store.list("vm", { where: { index: "node", value: "n1" } });
  expect(row).toMatchObject({ id: "a", revision: 7 });
  expect(await store.commit([put("a", "2")])).toBe(8);
  expect((await take(store, 7, 1))[0]!.changes[0]!.id).toBe("a");
  await expect(take(store, 6, 1)).rejects.toThrow("no longer known");
});

test("a full disk refuses the commit, leaves nothing of it, and works again when there is room", async () => {
  await using store = await SqliteStore.open({ path, maxBytes: 400_000, keepCommits: 1 });
  const bytes = new Uint8Array(20_000);
  const written: string[] = [];
  const attempts = await Promise.allSettled(
    Array.from({ length: 30 }, async (_, i) => {
      await store.commit([put(`${i}-a`, bytes), put(`${i}-b`, bytes)]);
      written.push(`${i}-a`, `${i}-b`);
    }),
  );
  const refused = attempts.filter((a) => a.status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused) {
    expect(reason).toBeInstanceOf(StoreUnavailableError);
    expect(reason).toHaveProperty("why", "its disk is full");
  }
  expect(written.length).toBeGreaterThan(0);
  expect((await store.list("vm")).map((row) => row.id).toSorted()).toEqual(written.toSorted());
  expect(await store.revision()).toBe(written.length / 2);

  for (const id of written) await store.commit([{ type: "delete", kind: "vm", id, expect: undefined }]);
  for (let i = 0; i < 100; i++) await store.commit([put("small", `${i}`)]);
  await store.commit([put("again", bytes)]);
  expect((await store.get("vm", "again"))?.value.length).toBe(20_000);
});
