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

volumeSuite("LVM thin on iSCSI", () => lab.fixture(pool));
