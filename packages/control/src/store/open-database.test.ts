import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { EventSchema, ImageSchema, isProblem, Reason, type Image } from "@limiquantix/api";
import { drain, FakeClock, newId, silentLog } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import { events, images, networks } from "../tables.ts";
import type { TableChange } from "./database.ts";
import { MemoryStore } from "./memory-store.ts";
import { openDatabase } from "./open-database.ts";
import { StoreUnavailableError, type Store } from "./store.ts";

const tables = [images, networks, events];
const open = (store: Store, keepCommits = 10_000) =>
  openDatabase({ store, tables, clock: new FakeClock(), log: silentLog, keepCommits });

const image = (name: string, more: MessageInitShape<typeof ImageSchema> = {}): Image =>
  create(ImageSchema, { id: newId(), name, projectId: "default", ...more });

async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  return isProblem(error) ? [error.reason, error.params] : error;
}

describe("reads and writes", () => {
  test("a change is visible when transact resolves, with the commit's revision", async () => {
    await using db = await open(new MemoryStore());
    const debian = image("debian");
    expect(await db.transact((tx) => (tx.insert(images, debian), "made"))).toBe("made");
    expect(db.get(images, debian.id)).toMatchObject({ name: "debian", revision: 1n });
    expect(db.by(images, "name", "debian").map((i) => i.id)).toEqual([debian.id]);

    await db.transact((tx) => tx.update(images, debian.id, (copy) => void (copy.name = "debian-13")));
    expect(db.get(images, debian.id)).toMatchObject({ name: "debian-13", revision: 2n });
    expect(db.by(images, "name", "debian")).toEqual([]);
    expect([...db.all(images)].length).toBe(db.count(images));

    await db.transact((tx) => tx.delete(images, debian.id));
    expect(db.find(images, debian.id)).toBeUndefined();
    expect(() => db.get(images, debian.id)).toThrow(`there is no image ${debian.id}`);
    expect(db.revision).toBe(3);
  });

  test("what is stored has no revision of its own", async () => {
    const store = new MemoryStore();
    await using db = await open(store);
    const debian = image("debian");
    await db.transact((tx) => tx.insert(images, debian));
    await db.transact((tx) => tx.update(images, debian.id, (copy) => void (copy.description = "x")));
    const value = (await store.get("image", debian.id))!.value;
    expect(value).toEqual(toBinary(ImageSchema, { ...db.get(images, debian.id), revision: 0n }));
  });

  test("update works on a copy: what fails leaves no trace", async () => {
    await using db = await open(new MemoryStore());
    const debian = image("debian");
    await db.transact((tx) => tx.insert(images, debian));
    const failing = db.transact((tx) => {
      tx.update(images, debian.id, (copy) => void (copy.name = "other"));
      tx.insert(images, image("more"));
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(db.get(images, debian.id).name).toBe("debian");
    expect(db.count(images)).toBe(1);
  });

  test("a transaction sees what it wrote, in id order", async () => {
    await using db = await open(new MemoryStore());
    const [a, b, c] = [image("a"), image("b"), image("c")];
    await db.transact((tx) => {
      tx.insert(images, c);
      tx.insert(images, a);
    });
    await db.transact((tx) => {
      tx.insert(images, b);
      tx.update(images, c.id, (copy) => void (copy.name = "b"));
      expect(tx.by(images, "name", "b").map((i) => i.id)).toEqual([b.id, c.id]);
      tx.delete(images, b.id);
      expect(tx.find(images, b.id)).toBeUndefined();
      expect(() => tx.get(images, b.id)).toThrow("there is no image");
      tx.delete(images, c.id);
    });
    expect([...db.all(images)].map((i) => i.id)).toEqual([a.id]);
  });

  test("an update that changes nothing commits nothing", async () => {
    await using db = await open(new MemoryStore());
    const debian = image("debian");
    await db.transact((tx) => tx.insert(images, debian));
    await db.transact((tx) => tx.update(images, debian.id, (copy) => void (copy.name = "debian")));
    expect(db.revision).toBe(1);
  });

  test("preview answers and writes nothing, and knows names that are taken", async () => {
    await using db = await open(new MemoryStore());
    const make = (name: string) => db.preview((tx) => (tx.insert(images, image(name)), name));
    expect(make("debian")).toBe("debian");
    expect(db.count(images)).toBe(0);
    await db.transact((tx) => tx.insert(images, image("debian")));
    expect(() => make("debian")).toThrow("a image named debian exists already");
  });

  test("rows of a table that is not cached are paged from the store", async () => {
    await using db = await open(new MemoryStore());
    const ids = Array.from({ length: 5 }, () => newId());
    for (const id of ids) await db.transact((tx) => tx.insert(events, create(EventSchema, { id, type: "vm.started" })));
    const page = await db.page(events, { where: { index: "type", value: "vm.started" }, reverse: true, limit: 2 });
    expect(page.map((e) => [e.id, e.revision])).toEqual([
      [ids[4], 5n],
      [ids[3], 4n],
    ]);
    expect(() => db.find(events, ids[0]!)).toThrow("not cached");
    const again = db.transact((tx) => tx.insert(events, create(EventSchema, { id: ids[0]! })));
    expect(await reasonOf(again)).toEqual([Reason.NAME_TAKEN, { kind: "event", name: ids[0] }]);
    await db.transact((tx) => tx.delete(events, ids[0]!));
    expect((await db.page(events, { limit: 10 })).length).toBe(4);
  });
});

describe("races", () => {
  test("a thousand increments of one row at once give a thousand", async () => {
    await using db = await open(new MemoryStore());
    const counter = image("counter");
    await db.transact((tx) => tx.insert(images, counter));
    const increment = () =>
      db.transact((tx) =>
        tx.update(images, counter.id, (copy) => void (copy.description = `${+copy.description + 1}`)),
      );
    await Promise.all(Array.from({ length: 1000 }, increment));
    expect(db.get(images, counter.id).description).toBe("1000");
    expect(db.revision).toBe(1001);
  });

  test("two databases on one store lose no increment", async () => {
    const store = new MemoryStore();
    await using one = await open(store);
    await using two = await open(store);
    const rows = [image("a"), image("b")];
    await one.transact((tx) => rows.forEach((row) => tx.insert(images, row)));
    // Each moves both rows, so both replicas conflict with themselves and with each other.
    const move = (db: typeof one) =>
      db.transact((tx) => {
        for (const { id } of rows) {
          tx.update(images, id, (copy) => void (copy.description = `${+copy.description + 1}`));
        }
      });
    await Promise.all(Array.from({ length: 300 }, (_, i) => move(i % 2 ? one : two)));
    for (const db of [one, two]) {
      await db.transact((tx) => tx.update(images, rows[0]!.id, (copy) => void (copy.description += "!")));
    }
    expect(two.get(images, rows[0]!.id).description).toBe("300!!");
    expect(two.get(images, rows[1]!.id).description).toBe("300");
  });

  test("what was read is checked: two cannot both pass a limit", async () => {
    await using db = await open(new MemoryStore());
    const host = image("host", { description: "3" });
    await db.transact((tx) => tx.insert(images, host));
    const reserve = () =>
      db.transact((tx) => {
        const left = +tx.get(images, host.id).description;
        if (left === 0) return false;
        tx.update(images, host.id, (copy) => void (copy.description = `${left - 1}`));
        tx.insert(images, image(newId()));
        return true;
      });
    const results = await Promise.all(Array.from({ length: 10 }, reserve));
    expect(results.filter(Boolean).length).toBe(3);
    expect(db.count(images)).toBe(4);
  });

  test("a name is given once", async () => {
    await using db = await open(new MemoryStore());
    const results = await Promise.all(
      Array.from({ length: 50 }, () => reasonOf(db.transact((tx) => tx.insert(images, image("web-1"))))),
    );
    expect(results.filter((r) => r === undefined).length).toBe(1);
    expect(results.find((r) => r !== undefined)).toEqual([Reason.NAME_TAKEN, { kind: "image", name: "web-1" }]);
    const twice = db.transact((tx) => (tx.insert(images, image("web-2")), tx.insert(images, image("web-2"))));
    expect(await reasonOf(twice)).toEqual([Reason.NAME_TAKEN, { kind: "image", name: "web-2" }]);
    const other = db.transact((tx) => tx.insert(images, image("web-1", { projectId: "other" })));
    expect(await reasonOf(other)).toBeUndefined();
  });

  test("work that looks for the name before it takes it finds another's", async () => {
    const store = new MemoryStore();
    await using one = await open(store);
    await using two = await open(store);
    const ensure = (db: typeof one) =>
      db.transact((tx) => {
        const found = tx.by(images, "name", "shared")[0];
        if (found) return found.id;
        const fresh = image("shared");
        tx.insert(images, fresh);
        return fresh.id;
      });
    const ids = await Promise.all([one, two, one, two].map(ensure));
    expect(new Set(ids).size).toBe(1);
  });

  test("a failing transaction lets those behind it through", async () => {
    await using db = await open(new MemoryStore());
    const counter = image("counter");
    await db.transact((tx) => tx.insert(images, counter));
    const results = await Promise.allSettled(
      Array.from({ length: 30 }, (_, i) =>
        db.transact((tx) => {
          const { description } = tx.update(images, counter.id, (copy) => void (copy.description += "x"));
          if (i % 3 === 0 && description.length > 3) throw new Error("enough");
        }),
      ),
    );
    const done = results.filter((r) => r.status === "fulfilled").length;
    expect(db.get(images, counter.id).description.length).toBe(done);
  });

  test("a store that cannot write is a problem that can be tried again", async () => {
    const store = new MemoryStore();
    const full = Object.create(store, {
      commit: { value: () => Promise.reject(new StoreUnavailableError("its disk is full")) },
      watch: { value: (after: number, signal: AbortSignal) => store.watch(after, signal) },
      revision: { value: () => store.revision() },
      list: { value: (kind: string) => store.list(kind) },
    }) as Store;
    await using db = await open(full);
    const why = { what: "the database", why: "its disk is full" };
    expect(await reasonOf(db.transact((tx) => tx.insert(images, image("a"))))).toEqual([Reason.UNAVAILABLE, why]);
    expect(db.count(images)).toBe(0);
  });
});

describe("following the store", () => {
  test("listeners and changesSince tell every commit once, in order", async () => {
    const store = new MemoryStore();
    await using db = await open(store);
    await using other = await open(store);
    const seen: { revision: number; changes: readonly TableChange[] }[] = [];
    using _ = db.subscribe((changes, revision) => seen.push({ revision, changes }));
    await Promise.all(
      Array.from({ length: 40 }, (_unused, i) =>
        (i % 2 ? db : other).transact((tx) => tx.insert(images, image(`i${i}`))),
      ),
    );
    const first = [...db.all(images)][0]!;
    await db.transact((tx) => tx.delete(images, first.id));
    expect(seen.map((s) => s.revision)).toEqual(Array.from({ length: 41 }, (_unused, i) => i + 1));
    expect(db.changesSince(0)).toEqual(seen);
    expect(db.changesSince(40)).toEqual([
      { revision: 41, changes: [{ table: images, id: first.id, before: first, after: undefined }] },
    ]);
    expect(db.changesSince(41)).toEqual([]);
  });

  test("changesSince knows what it no longer holds", async () => {
    await using db = await open(new MemoryStore(), 10);
    for (let i = 0; i < 15; i++) await db.transact((tx) => tx.insert(images, image(`i${i}`)));
    expect(db.changesSince(4)).toBeUndefined();
    expect(db.changesSince(5)?.length).toBe(10);
    expect(db.changesSince(99)).toBeUndefined();
  });

  test("a database opened later has it all; a closed one says so", async () => {
    const store = new MemoryStore();
    const first = await open(store);
    await first.transact((tx) => ["a", "b", "c"].forEach((name) => tx.insert(images, image(name))));
    await using second = await open(store);
    expect([...second.all(images)].map((i) => i.name)).toEqual(["a", "b", "c"]);
    await first[Symbol.asyncDispose]();
    await expect(first.transact((tx) => tx.insert(images, image("d")))).rejects.toThrow("closed");
  });

  test("commits that were compacted away are made up for by reading everything again", async () => {
    const store = new MemoryStore({ keepCommits: 5 });
    await using writer = await open(store);
    const names = Array.from({ length: 30 }, (_, i) => image(`i${i}`));
    await writer.transact((tx) => names.slice(0, 5).forEach((i) => tx.insert(images, i)));

    // The feed of this one is held up at a gate while the writer goes on.
    const gate = Promise.withResolvers<void>();
    const slow = Object.create(store, {
      watch: {
        value: async function* (after: number, signal: AbortSignal) {
          await gate.promise;
          yield* store.watch(after, signal);
        },
      },
      revision: { value: () => store.revision() },
      list: { value: (kind: string) => store.list(kind) },
    }) as Store;
    await using reader = await open(slow);
    const told: TableChange[] = [];
    using _ = reader.subscribe((changes) => told.push(...changes));
    for (const i of names.slice(5)) await writer.transact((tx) => tx.insert(images, i));
    await writer.transact((tx) => tx.delete(images, names[0]!.id));
    expect(reader.count(images)).toBe(5);
    gate.resolve();
    for (let i = 0; i < 100 && reader.revision < writer.revision; i++) await drain();
    expect([...reader.all(images)]).toEqual([...writer.all(images)]);
    expect(told.length).toBe(26);
    expect(reader.changesSince(1)).toBeUndefined();
  });
});
