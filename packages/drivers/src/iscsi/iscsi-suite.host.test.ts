import { newId } from "@limiquantix/kit";
import { volumeSuite } from "@limiquantix/node/suites";
import { afterAll, beforeAll } from "vitest";
import { IscsiLab } from "../testing/iscsi-lab.ts";

const pool = newId();
let lab: IscsiLab;

beforeAll(async () => {
  lab = await IscsiLab.up();
});

afterAll(() => lab[Symbol.asyncDispose]());

// All of it runs on a model of LVM: ../lvm/lvm-pool.host.test.ts. Here, under emulation, the 3,300 commands of the whole list
// would take 20 minutes and more.
volumeSuite("LVM thin on iSCSI", () => lab.fixture(pool), {
  only: ["volumes", "images", "clones", "pool", "restarts"],
});
