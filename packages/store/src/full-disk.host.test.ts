import { execFile } from "node:child_process";
import { mkdtemp, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { StoreUnavailableError, type Operation } from "@limiquantix/control/store";
import { expect, test } from "vitest";
import { SqliteStore } from "./sqlite-store.ts";

const run = promisify(execFile);

const put = (id: string): Operation => {
  const row = { kind: "vm", id, value: new Uint8Array(20_000), indexes: {}, unique: [], expect: undefined };
  return { type: "put", ...row };
};

/** On a file system of 3 MiB, which needs the right to mount. */
test("a file system that is full refuses commits whole, and takes them again when there is room", async () => {
  const folder = await mkdtemp(join(tmpdir(), "lqx-full-"));
  await run("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]);
  try {
    const path = join(folder, "control.db");
    let acknowledged = 0;
    {
      await using store = await SqliteStore.open({ path });
      await writeFile(join(folder, "ballast"), new Uint8Array(1_000_000));
      const commits = Array.from({ length: 100 }, (_, i) => store.commit([put(`${i}-a`), put(`${i}-b`)]));
      for (const result of await Promise.allSettled(commits)) {
        if (result.status === "fulfilled") acknowledged++;
        else expect(result.reason).toBeInstanceOf(StoreUnavailableError);
      }
      expect(acknowledged).toBeGreaterThan(0);
      expect(acknowledged).toBeLessThan(100);
      expect((await store.list("vm")).length).toBe(2 * acknowledged);
      await rm(join(folder, "ballast"));
      await store.commit([put("later")]);
    }
    await using store = await SqliteStore.open({ path });
    expect((await store.list("vm")).length).toBe(2 * acknowledged + 1);
    expect(await store.revision()).toBe(acknowledged + 1);
  } finally {
    await run("umount", [folder]);
    await rmdir(folder);
  }
});
