import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDirectory } from "./make-directory.ts";

test("others pass through what is made under any umask, and what was there stays as it is", async () => {
  const there = await mkdtemp(join(tmpdir(), "lqx-directory-"));
  await chmod(there, 0o750);
  const umask = process.umask(0o077);
  try {
    await makeDirectory(join(there, "a/b"), 0o711);
    await makeDirectory(there, 0o711);
    const modes = ["", "a", "a/b"].map(async (path) => (await stat(join(there, path))).mode & 0o777);
    expect(await Promise.all(modes)).toEqual([0o750, 0o711, 0o711]);
  } finally {
    process.umask(umask);
    await rm(there, { recursive: true });
  }
});
