import { create } from "@bufbuild/protobuf";
import { isProblem, Reason, StoragePoolSpec_Backend as Backend, StoragePoolSpecSchema } from "@limiquantix/api";
import { silentLog, systemClock } from "@limiquantix/kit";
import type { PoolOpener } from "@limiquantix/node";
import { expect, test } from "vitest";
import { poolOpener } from "./pools.ts";

const secrets = { set: async () => {}, delete: async () => {} };
const parts = {
  clock: systemClock,
  log: silentLog,
  secrets,
  keyFiles: new Map(),
  host: "host",
  open: async () => new Set<string>(),
};
const rbd = create(StoragePoolSpecSchema, { backend: Backend.CEPH_RBD });

test("a driver is loaded once, and again after it could not be", async () => {
  let loads = 0;
  const opener: PoolOpener = {
    open: async (pool) => {
      throw new Error(`opened ${pool}`);
    },
  };
  const pools = poolOpener(parts, {
    [Backend.CEPH_RBD]: async () => {
      if (++loads === 1) throw new Error("not there");
      return opener;
    },
  });
  await expect(pools.open("a", rbd)).rejects.toThrow("not there");
  await expect(pools.open("a", rbd)).rejects.toThrow("opened a");
  await expect(pools.open("b", rbd)).rejects.toThrow("opened b");
  expect(loads).toBe(2);
});

test("a kind that has no driver is refused with the reason", async () => {
  const refused = await poolOpener(parts, {})
    .open("a", rbd)
    .catch((error: unknown) => error);
  expect(isProblem(refused, Reason.UNSUPPORTED)).toBe(true);
});
