import { create } from "@bufbuild/protobuf";
import { NodeSchema, StoragePoolSchema } from "@limiquantix/api";
import { describe, expect, test } from "vitest";
import { capacityOf, overcommit, storageOf } from "./capacity.ts";

const node = (total: number, allocated: number) =>
  create(NodeSchema, {
    status: {
      resources: {
        cpu: { total, allocatable: total * 4, allocated },
        memory: { totalMib: 1024n, allocatableMib: 512n, allocatedMib: 256n },
      },
    },
  });

describe("the capacity of hosts", () => {
  test("is the sum of theirs; one that told nothing adds nothing", () => {
    const { cpu, memoryMib } = capacityOf([node(8, 4), node(16, 20), create(NodeSchema)]);
    expect(cpu).toEqual({ total: 24, allocatable: 96, allocated: 24 });
    expect(memoryMib).toEqual({ total: 2048, allocatable: 1024, allocated: 512 });
    expect(overcommit(cpu)).toBe(1);
  });

  test("has no over-commitment where there is nothing", () => {
    expect(overcommit(capacityOf([]).cpu)).toBe(0);
  });
});

test("storage is the sum of the pools' that were measured", () => {
  const capacity = { totalBytes: 100n, usedBytes: 40n, provisionedBytes: 150n };
  const pools = [create(StoragePoolSchema, { status: { capacity } }), create(StoragePoolSchema)];
  expect(storageOf(pools)).toEqual({ totalBytes: 100, usedBytes: 40, provisionedBytes: 150 });
});
