import { volumeSuite } from "@limiquantix/node/suites";
import { afterAll, beforeAll } from "vitest";
import { CephLab } from "../testing/ceph.ts";

let ceph: CephLab;

beforeAll(async () => {
  ceph = await CephLab.up();
});

afterAll(() => ceph[Symbol.asyncDispose]());

// What Ceph does itself and no other backend's code does for it. The whole list on a Ceph of one machine takes a quarter of
// an hour; whatever a VM needs besides is in ./rbd-pool.host.test.ts and test/host/storage.host.test.ts.
volumeSuite("Ceph RBD", () => ceph.fixture(), { only: ["snapshots", "clones", "pool", "shared"] });
