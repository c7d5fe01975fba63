import { describe, expect, test } from "vitest";
import { modelProperty, type OpenStore } from "./store-model-suite.ts";
import { CompactedError, ConflictError, type Commit, type Operation, type Store } from "./store.ts";

/** What every store must do. Run it as `storeSuite("memory", async () => new MemoryStore())`. */
export function storeSuite(name: string, open: OpenStore): void {
  describe(`${name} store`, () => {
    rows(open);
    conflicts(open);
    watching(open);
    leases(open);
    modelProperty(open);
  });
}

type Put = Extract<Operation, { type: "put" }>;

/** A put of the text `value`. */
export function put(id: string, value: string, more: Partial<Put> = {}): Put {
  const bytes = new TextEncoder().encode(value);
  return { type: "put", kind: "vm", id, value: bytes, indexes: {}, unique: [], expect: undefined, ...more };
}

const named = (id: string, ...unique: string[]) => put(id, "", { unique });

export function text(row: { value: Uint8Array } | undefined): string | undefined {
  return row && new TextDecoder().decode(row.value);
}

async function take(store: Store, after: number, count: number): Promise<Commit[]> {
  const commits: Commit[] = [];
  const enough = new AbortController();
  if (count === 0) return commits;
  for await (const commit of store.watch(after, enough.signal)) {
    commits.push(commit);
    if (commits.length >= count) enough.abort();
  }
  return commits;
}

const told = (commits: readonly Commit[]) =>
  commits.map(({ revision, changes }) => [revision, ...changes.map(({ id, row }) => [id, text(row) ?? null])]);

const conflictOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof ConflictError ? error.conflict : error),
  );

const revisionConflict = (id: string) => ({ type: "revision", kind: "vm", id });
const uniqueConflict = (key: string) => ({ type: "unique", kind: "vm", key });

function rows(open: OpenStore): void {
  test("commits are numbered from 1 and give their number to the rows they write", async () => {
    await using store = await open();
    expect(await store.revision()).toBe(0);
    expect(await store.commit([put("a", "1"), put("b", "2")])).toBe(1);
    expect(await store.commit([put("a", "3", { indexes: { node: "n1" } })])).toBe(2);
    const a = await store.get("vm", "a");
    expect(a).toMatchObject({ kind: "vm", id: "a", revision: 2, indexes: { node: "n1" } });
    expect(text(a)).toBe("3");
    expect((await store.get("vm", "b"))?.revision).toBe(1);
    expect(await store.get("vm", "c")).toBeUndefined();
    expect(await store.get("node", "a")).toBeUndefined();
    expect(await store.revision()).toBe(2);
  });

  test("any bytes and any text come back as they were", async () => {
    await using store = await open();
    const value = Uint8Array.from({ length: 256 }, (_, i) => i);
    const odd = "'; DROP TABLE rows; -- \u0000 é 日本 😀 \\ \" %";
    await store.commit([put("x", "", { value, indexes: { [odd]: odd }, unique: [odd] }), put("empty", "")]);
    const row = await store.get("vm", "x");
    expect([...row!.value]).toEqual([...value]);
    expect(row!.indexes).toEqual({ [odd]: odd });
    expect((await store.list("vm", { where: { index: odd, value: odd } })).map((r) => r.id)).toEqual(["x"]);
    expect(await conflictOf(store.commit([put("y", "", { unique: [odd] })]))).toEqual(uniqueConflict(odd));
    expect((await store.get("vm", "empty"))!.value.length).toBe(0);
  });

  test("a large row is kept whole", async () => {
    await using store = await open();
    const value = new Uint8Array(3_000_000).fill(7);
    await store.commit([put("big", "", { value })]);
    const read = (await store.get("vm", "big"))!.value;
    expect([read.length, read.every((byte) => byte === 7)]).toEqual([value.length, true]);
  });

  test("lists are in id order, by index, from behind an id, in both directions", async () => {
    await using store = await open();
    for (const id of ["d", "b", "a", "e", "c"]) {
      await store.commit([put(id, id, { indexes: { node: id < "c" ? "n1" : "n2" } }), put(id, id, { kind: "other" })]);
    }
    const ids = async (query?: Parameters<Store["list"]>[1]) =>
      (await store.list("vm", query)).map((r) => r.id).join("");
    expect(await ids()).toBe("abcde");
    expect(await ids({ limit: 2 })).toBe("ab");
    expect(await ids({ limit: 2, after: "b" })).toBe("cd");
    expect(await ids({ after: "bb" })).toBe("cde");
    expect(await ids({ reverse: true })).toBe("edcba");
    expect(await ids({ reverse: true, after: "c", limit: 1 })).toBe("b");
    const n2 = { index: "node", value: "n2" };
    expect(await ids({ where: n2 })).toBe("cde");
    expect(await ids({ where: n2, after: "c", limit: 1 })).toBe("d");
    expect(await ids({ where: n2, reverse: true, after: "e" })).toBe("dc");
    expect(await ids({ where: { index: "node", value: "n3" } })).toBe("");
    await store.commit([put("d", "", { indexes: {} }), { type: "delete", kind: "vm", id: "c", expect: undefined }]);
    expect(await ids({ where: n2 })).toBe("e");
  });

  test("what changes nothing takes no number", async () => {
    await using store = await open();
    await store.commit([put("a", "1")]);
    expect(await store.commit([])).toBe(1);
    expect(await store.commit([{ type: "check", kind: "vm", id: "a", expect: 1 }])).toBe(1);
    expect(await store.commit([{ type: "delete", kind: "vm", id: "no", expect: undefined }])).toBe(1);
    expect(await store.commit([put("b", "1")])).toBe(2);
    expect(told(await take(store, 0, 2))).toEqual([
      [1, ["a", "1"]],
      [2, ["b", "1"]],
    ]);
  });

  test("a commit that writes a row twice is refused", async () => {
    await using store = await open();
    await expect(store.commit([put("a", "1"), put("a", "2")])).rejects.toThrow("writes vm a twice");
    expect(await store.revision()).toBe(0);
  });

  test("a closed store says so", async () => {
    const store = await open();
    await store[Symbol.asyncDispose]();
    await expect(store.commit([put("a", "1")])).rejects.toThrow("closed");
    await expect(store.get("vm", "a")).rejects.toThrow("closed");
  });
}

function conflicts(open: OpenStore): void {
  test("nothing is written unless every row is as expected", async () => {
    await using store = await open();
    await store.commit([put("a", "1", { expect: 0 })]);
    const refused: [Operation, string][] = [
      [put("a", "2", { expect: 0 }), "a"],
      [put("a", "2", { expect: 7 }), "a"],
      [put("no", "2", { expect: 1 }), "no"],
      [{ type: "delete", kind: "vm", id: "a", expect: 2 }, "a"],
      [{ type: "delete", kind: "vm", id: "no", expect: 1 }, "no"],
      [{ type: "check", kind: "vm", id: "a", expect: 0 }, "a"],
      [{ type: "check", kind: "vm", id: "no", expect: 1 }, "no"],
    ];
    for (const [operation, id] of refused) {
      expect(await conflictOf(store.commit([put("b", "x"), operation]))).toEqual(revisionConflict(id));
    }
    expect(await store.get("vm", "b")).toBeUndefined();
    expect(await store.revision()).toBe(1);
    await store.commit([put("a", "2", { expect: 1 }), { type: "check", kind: "vm", id: "b", expect: 0 }]);
    await store.commit([{ type: "delete", kind: "vm", id: "a", expect: 2 }]);
    expect(await store.get("vm", "a")).toBeUndefined();
    await store.commit([put("a", "3", { expect: 0 })]);
  });

  test("of commits on one row at once, one wins", async () => {
    await using store = await open();
    await store.commit([put("a", "0")]);
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        conflictOf(store.commit([put("a", `${i}`, { expect: 1 }), put(`x${i}`, "")])),
      ),
    );
    expect(results.filter((r) => r === undefined).length).toBe(1);
    expect(results.filter(Boolean).every((r) => JSON.stringify(r) === JSON.stringify(revisionConflict("a")))).toBe(
      true,
    );
    expect((await store.list("vm")).length).toBe(2);
  });

  test("a unique key is one row's, within its kind, until it lets go", async () => {
    await using store = await open();
    await store.commit([named("a", "p/web", "alias")]);
    expect(await conflictOf(store.commit([put("c", ""), named("b", "p/web")]))).toEqual(uniqueConflict("p/web"));
    expect(await conflictOf(store.commit([named("b", "p/db", "alias")]))).toEqual(uniqueConflict("alias"));
    expect(await conflictOf(store.commit([named("b", "x"), named("c", "x")]))).toEqual(uniqueConflict("x"));
    expect((await store.list("vm")).length).toBe(1);
    await store.commit([{ ...named("b", "p/web"), kind: "image" }]);
    await store.commit([named("a", "p/web")]);
    await store.commit([named("b", "alias")]);
    await store.commit([{ type: "delete", kind: "vm", id: "a", expect: undefined }]);
    await store.commit([named("c", "p/web")]);
  });

  test("keys can change hands within one commit, in any order", async () => {
    await using store = await open();
    await store.commit([named("a", "1"), named("b", "2")]);
    await store.commit([named("a", "2"), named("b", "1")]);
    await store.commit([named("c", "2"), { type: "delete", kind: "vm", id: "a", expect: undefined }]);
    await store.commit([{ type: "delete", kind: "vm", id: "b", expect: undefined }, named("d", "1")]);
    expect(await conflictOf(store.commit([named("e", "1")]))).toEqual(uniqueConflict("1"));
    expect(await conflictOf(store.commit([named("e", "2")]))).toEqual(uniqueConflict("2"));
  });
}

function watching(open: OpenStore): void {
  test("watch replays from any revision and goes on with what comes", async () => {
    await using store = await open();
    await store.commit([put("a", "1")]);
    await store.commit([put("a", "2"), put("b", "1")]);
    const watched = take(store, 1, 3);
    await store.commit([{ type: "delete", kind: "vm", id: "a", expect: undefined }]);
    await store.commit([put("c", "1", { indexes: { node: "n" } })]);
    const commits = await watched;
    expect(told(commits)).toEqual([
      [2, ["a", "2"], ["b", "1"]],
      [3, ["a", null]],
      [4, ["c", "1"]],
    ]);
    expect(commits[2]!.changes[0]!.row).toMatchObject({ kind: "vm", id: "c", revision: 4, indexes: { node: "n" } });
  });

  test("every watcher sees every commit in order, however fast they come", async () => {
    await using store = await open();
    const watchers = [take(store, 0, 300), take(store, 0, 300)];
    await Promise.all(Array.from({ length: 300 }, (_, i) => store.commit([put(`r${i}`, `${i}`)])));
    for (const commits of await Promise.all(watchers)) {
      expect(commits.map((c) => c.revision)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
    }
    expect((await take(store, 150, 150)).length).toBe(150);
  });

  test("watch ends when it is told to", async () => {
    await using store = await open();
    const stop = new AbortController();
    const ended = (async () => {
      for await (const _ of store.watch(0, stop.signal)) throw new Error("there was nothing to see");
    })();
    stop.abort();
    await ended;
    for await (const _ of store.watch(0, AbortSignal.abort())) throw new Error("there was nothing to see");
  });

  test("commits that are no longer kept, or never were, cannot be watched", async () => {
    await using store = await open({ keepCommits: 10 });
    for (let i = 0; i < 600; i++) await store.commit([put("a", `${i}`)]);
    await expect(take(store, 1, 1)).rejects.toThrow(CompactedError);
    expect((await take(store, 590, 10)).map((c) => c.revision)).toEqual([
      591, 592, 593, 594, 595, 596, 597, 598, 599, 600,
    ]);
    await expect(take(store, 601, 1)).rejects.toThrow(CompactedError);
  });
}

function leases(open: OpenStore): void {
  test("a lease is one holder's until it expires or is released", async () => {
    await using store = await open();
    const acquire = (holder: string, now: number) => store.acquireLease({ name: "leader", holder, now, ttlMs: 100 });
    expect(await acquire("a", 1_000)).toBe(true);
    expect(await acquire("b", 1_050)).toBe(false);
    expect(await acquire("a", 1_050)).toBe(true);
    expect(await acquire("b", 1_149)).toBe(false);
    expect(await acquire("b", 1_150)).toBe(true);
    expect(await acquire("a", 1_151)).toBe(false);
    await store.releaseLease("leader", "a");
    expect(await acquire("a", 1_152)).toBe(false);
    await store.releaseLease("leader", "b");
    expect(await acquire("a", 1_153)).toBe(true);
    expect(await store.acquireLease({ name: "other", holder: "b", now: 1_153, ttlMs: 100 })).toBe(true);
  });
}
