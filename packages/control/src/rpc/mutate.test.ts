import { create } from "@bufbuild/protobuf";
import {
  CreateImageRequestSchema,
  ImageSchema,
  ImageTaskResponseSchema,
  isProblem,
  Reason,
  type CreateImageRequest,
} from "@limiquantix/api";
import { FakeClock, newId, silentLog } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { fullAccess } from "../access/access.ts";
import { allTables } from "../all-tables.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import { images } from "../tables.ts";
import type { Call } from "./call.ts";
import { idempotency } from "./idempotency-table.ts";
import { mutate, sweepIdempotency } from "./mutate.ts";

const call: Call = {
  principal: { kind: "user", id: "u1", name: "ada", tokenId: "" },
  access: fullAccess,
  peer: { address: "in-process", loopback: true },
  requestId: "r1",
  signal: new AbortController().signal,
};

async function setUp() {
  const clock = new FakeClock();
  const db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock, log: silentLog });
  let runs = 0;
  const createImage = (request: Partial<CreateImageRequest>, as: Call = call) =>
    mutate(
      { db, clock },
      as,
      {
        method: "ImageService.CreateImage",
        request: create(CreateImageRequestSchema, request as never),
        response: ImageTaskResponseSchema,
      },
      (tx) => {
        runs++;
        const image = create(ImageSchema, { id: newId(), name: request.name ?? "", projectId: "default" });
        tx.insert(images, image);
        return create(ImageTaskResponseSchema, { image });
      },
    );
  return { db, clock, createImage, runs: () => runs };
}

test("the answer carries the commit's revision", async () => {
  const { db, createImage } = await setUp();
  const { image } = await createImage({ name: "a" });
  expect(image?.revision).toBeGreaterThan(0n);
  expect(image?.revision).toBe(db.get(images, image?.id ?? "").revision);
});

test("a dry run answers and writes nothing", async () => {
  const { db, createImage } = await setUp();
  const { image } = await createImage({ name: "a", dryRun: true, idempotencyKey: "k" });
  expect(image?.name).toBe("a");
  expect(db.count(images)).toBe(0);
  expect(db.count(idempotency)).toBe(0);
});

test("a repeat under its key gets the first answer, also when both are in flight", async () => {
  const { db, createImage } = await setUp();
  const answers = await Promise.all(Array.from({ length: 20 }, () => createImage({ name: "a", idempotencyKey: "k" })));
  expect(new Set(answers.map(({ image }) => image?.id)).size).toBe(1);
  expect(new Set(answers.map(({ image }) => image?.revision)).size).toBe(1);
  expect(db.count(images)).toBe(1);
});

test("another request under the key is refused, another caller's key is its own", async () => {
  const { db, createImage } = await setUp();
  await createImage({ name: "a", idempotencyKey: "k" });
  await expect(createImage({ name: "b", idempotencyKey: "k" })).rejects.toSatisfy((error) =>
    isProblem(error, Reason.IDEMPOTENCY_KEY_REUSED),
  );
  const other: Call = { ...call, principal: { ...call.principal, id: "u2" } as Call["principal"] };
  await createImage({ name: "b", idempotencyKey: "k" }, other);
  expect(db.count(images)).toBe(2);
});

test("a key is forgotten after a day", async () => {
  const { db, clock, createImage } = await setUp();
  await createImage({ name: "a", idempotencyKey: "k" });
  await clock.advance(24 * 3600 * 1000);
  const { image } = await createImage({ name: "b", idempotencyKey: "k" });
  expect(image?.name).toBe("b");
  await clock.advance(24 * 3600 * 1000);
  await sweepIdempotency({ db, clock });
  expect(db.count(idempotency)).toBe(0);
});

test("a failed mutation keeps nothing under its key", async () => {
  const { db, createImage } = await setUp();
  await createImage({ name: "a" });
  await expect(createImage({ name: "a", idempotencyKey: "k" })).rejects.toSatisfy((error) =>
    isProblem(error, Reason.NAME_TAKEN),
  );
  expect(db.count(idempotency)).toBe(0);
});
