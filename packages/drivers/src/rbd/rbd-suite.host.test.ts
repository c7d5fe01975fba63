import { volumeSuite } from "@limiquantix/node/suites";
import { afterAll, beforeAll } from "vitest";
import { CephLab } from "../testing/ceph.ts";

let ceph: CephLab;

beforeAll(async () => {
  ceph = await CephLab.up();
});

afterAll(() => ceph[Symbol.asyncDispose]());

volumeSuite("Ceph RBD", () => ceph.fixture());
