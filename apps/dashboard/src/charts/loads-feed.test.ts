import { create } from "@bufbuild/protobuf";
import { LoadBatchSchema } from "@limiquantix/api";
import { expect, test } from "vitest";
import { LoadTable } from "./loads-feed.ts";

const one = "0199a0de-0000-7000-8000-000000000001";
const two = "0199a0de-0000-7000-8000-0000000000ff";
const bytes = (...ids: string[]) =>
  Uint8Array.from(ids.join("").replaceAll("-", "").match(/../g) ?? [], (byte) => parseInt(byte, 16));

test("numbers stand for the ids in the order in which they came", () => {
  const table = new LoadTable();
  table.apply(create(LoadBatchSchema, { ids: bytes(one), index: [0], cpu: [125], memory: [512] }));
  const before = table.loads();
  expect(table.apply(create(LoadBatchSchema, { ids: bytes(two), index: [1, 0], cpu: [1, 0], memory: [2, 3] }))).toBe(
    true,
  );
  expect(table.loads()).not.toBe(before);
  expect(table.loads().of(one)).toEqual({ cpuPercent: 0, memoryUsedBytes: 3 * 1024 * 1024 });
  expect(table.loads().of(two)?.cpuPercent).toBe(0.1);
  table.apply(create(LoadBatchSchema, { gone: [0] }));
  expect([table.loads().of(one), table.loads().of(two)?.cpuPercent]).toEqual([undefined, 0.1]);
  expect(table.apply(create(LoadBatchSchema))).toBe(false);
});
