import { create } from "@bufbuild/protobuf";
import { CreateImageRequestSchema, ImageSchema, ImageTaskResponseSchema, type AuditRecord } from "@limiquantix/api";
import { drain, FakeClock, newId, silentLog } from "@limiquantix/kit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { fullAccess } from "../access/access.ts";
import { allTables } from "../all-tables.ts";
import type { Call } from "../rpc/call.ts";
import { mutate } from "../rpc/mutate.ts";
import type { Database } from "../store/database.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import type { Operation, Store } from "../store/store.ts";
import { images } from "../tables.ts";
import { AuditChain } from "./chain.ts";
import { exportAudit } from "./find-audit.ts";
import { pendingAudit } from "./tables.ts";
import { verifyChain } from "./verify.ts";

const signal = new AbortController().signal;
const call: Call = {
  principal: { kind: "user", id: "u1", name: "ada", tokenId: "" },
  access: fullAccess,
  peer: { address: "10.0.0.9", loopback: false },
  requestId: "r1",
  signal,
};

/** The store as a process sees it that dies: before its commit number `dies`, or after it and before it hears of that. */
class DyingStore implements Store {
  readonly name = "memory";
  readonly #store: Store;
  readonly #dies: { commit: number; after: boolean };
  #commits = 0;
  dead = false;

  constructor(store: Store, dies: { commit: number; after: boolean }) {
    this.#store = store;
    this.#dies = dies;
  }

  async commit(operations: readonly Operation[]): Promise<number> {
    const last = ++this.#commits === this.#dies.commit;
    if (this.dead || (last && !this.#dies.after)) return this.#die();
    const revision = await this.#store.commit(operations);
    return last ? this.#die() : revision;
  }

  #die(): Promise<never> {
    this.dead = true;
    return new Promise<never>(() => {});
  }

  revision = () => this.#store.revision();
  get = (kind: string, id: string) => this.#store.get(kind, id);
  list: Store["list"] = (kind, query) => this.#store.list(kind, query);
  watch: Store["watch"] = (after, stop) => this.#store.watch(after, stop);
  acquireLease: Store["acquireLease"] = (lease) => this.#store.acquireLease(lease);
  releaseLease: Store["releaseLease"] = (name, holder) => this.#store.releaseLease(name, holder);
  async [Symbol.asyncDispose](): Promise<void> {}
}

async function open(store: Store): Promise<{ db: Database; chain: AuditChain; clock: FakeClock }> {
  const clock = new FakeClock();
  const db = await openDatabase({ store, tables: allTables, clock, log: silentLog });
  const chain = new AuditChain({ db, clock, log: silentLog });
  chain.start();
  return { db, chain, clock };
}

function createImage(db: Database, clock: FakeClock, name: string): Promise<unknown> {
  const request = create(CreateImageRequestSchema, { name });
  return mutate(
    { db, clock },
    call,
    { method: "ImageService.CreateImage", request, response: ImageTaskResponseSchema },
    (tx) => {
      const image = create(ImageSchema, { id: newId(), name, projectId: "default" });
      tx.insert(images, image);
      return create(ImageTaskResponseSchema, { image });
    },
  );
}

async function sealed(db: Database): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of exportAudit(db, {})) records.push(record);
  return records;
}

test("whenever the process dies, the chain has each committed change once, in the order of the commits", async () => {
  const life = fc.record({
    mutations: fc.integer({ min: 0, max: 12 }),
    dies: fc.integer({ min: 1, max: 20 }),
    after: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), async (lives) => {
      const store = new MemoryStore();
      for (const [i, { mutations, dies, after }] of lives.entries()) {
        const dying = new DyingStore(store, { commit: dies, after });
        const { db, clock } = await open(dying);
        for (let n = 0; n < mutations; n++) void createImage(db, clock, `${i}-${n}`);
        await drain();
      }
      const { db, chain } = await open(store);
      await chain.sealed();
      const records = await sealed(db);
      const committed = [...db.all(images)].toSorted((a, b) => Number(a.revision - b.revision));
      expect(records.map(({ object }) => object?.id)).toEqual(committed.map(({ id }) => id));
      expect(db.count(pendingAudit)).toBe(0);
      expect(await verifyChain(db, { id: "", hash: "" }, signal)).toMatchObject({
        intact: true,
        records: BigInt(committed.length),
      });
    }),
    { numRuns: 150 },
  );
}, 60_000);

test("two that seal at once make one chain", async () => {
  const store = new MemoryStore();
  const [one, two] = [await open(store), await open(store)];
  await Promise.all(
    Array.from({ length: 40 }, (_, n) => createImage(n % 2 ? one.db : two.db, one.clock, `image-${n}`)),
  );
  for (let tries = 0; one.db.count(pendingAudit) > 0 && tries < 100; tries++) {
    await one.clock.advance(1_000);
    await two.clock.advance(1_000);
    await drain();
  }
  const records = await sealed(one.db);
  expect(new Set(records.map(({ object }) => object?.id)).size).toBe(40);
  expect(records).toHaveLength(40);
  expect(await verifyChain(two.db, { id: "", hash: "" }, signal)).toMatchObject({ intact: true, records: 40n });
});
