import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { profiles } from "../../testing/domain-profiles.ts";

const run = promisify(execFile);
const golden = join(import.meta.dirname, "../testdata/domain");

it("has a golden file for each profile", async () => {
  expect((await readdir(golden)).toSorted()).toEqual(
    Object.keys(profiles)
      .map((name) => `${name}.xml`)
      .toSorted(),
  );
});

it.each(Object.keys(profiles))("%s is valid by libvirt's schema", async (name) => {
  await run("virt-xml-validate", [join(golden, `${name}.xml`), "domain"]);
});
