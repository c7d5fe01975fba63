import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "@limiquantix/control/store";
import { expect, test } from "vitest";
import { SqliteStore } from "./sqlite-store.ts";

const kills = 25;

test(`after each of ${kills} kill -9 every acknowledged commit is there, and none is there in part`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "lqx-crash-"));
  try {
    const path = join(folder, "control.db");
    const acknowledged = new Set<number>();
    let first = 0;
    for (let kill = 0; kill < kills; kill++) {
      // Every fifth dies at any moment of its start, the others at any moment of their work.
      for (const n of await killedWriter(path, first, kill % 5 === 4)) acknowledged.add(n);
      await using store = await SqliteStore.open({ path });
      first = await verify(store, acknowledged);
    }
    expect(acknowledged.size).toBeGreaterThan(kills);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);

/** Answers the commits that the writer acknowledged before it was killed. */
async function killedWriter(path: string, first: number, atStart: boolean): Promise<number[]> {
  const script = new URL("../test/commit-until-killed.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, path, `${first}`], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  await Promise.race([once(child.stdout, "data"), closed]);
  // Opening takes about 100 ms.
  await sleep(Math.random() * (atStart ? 100 : 300));
  child.kill("SIGKILL");
  expect(await closed).toEqual([null, "SIGKILL"]);
  // A number that was cut off has no line end.
  return output.split("\n").slice(1, -1).map(Number);
}

/** Answers a number that no commit has yet. */
async function verify(store: Store, acknowledged: ReadonlySet<number>): Promise<number> {
  const parts = new Map<number, Set<string>>();
  const revisions = new Map<number, Set<number>>();
  for (const row of await store.list("part")) {
    const [n, part] = row.id.split("-") as [string, string];
    parts.set(Number(n), (parts.get(Number(n)) ?? new Set()).add(part));
    revisions.set(Number(n), (revisions.get(Number(n)) ?? new Set()).add(row.revision));
    expect(row.value.length).toBe(600);
  }
  for (const n of acknowledged) expect(parts.get(n)?.size, `commit ${n} was acknowledged`).toBe(3);
  for (const [n, found] of parts) {
    expect(found.size, `commit ${n}`).toBe(3);
    expect(revisions.get(n)!.size).toBe(1);
    if (n % 50 === 0) expect((await store.list("part", { where: { index: "commit", value: `${n}` } })).length).toBe(3);
  }
  const revision = await store.revision();
  expect(revision).toBe(parts.size);
  if (revision > 0) expect((await store.get("shared", "latest"))?.revision).toBe(revision);
  await replayTail(store, revision);
  return Math.max(-1, ...parts.keys()) + 1;
}

/** The log of changes ends where the rows do. */
async function replayTail(store: Store, revision: number): Promise<void> {
  const from = Math.max(0, revision - 20);
  const done = new AbortController();
  if (from === revision) return;
  for await (const commit of store.watch(from, done.signal)) {
    for (const { kind, id, row } of commit.changes) {
      expect(row?.revision).toBe(commit.revision);
      if (kind === "part") expect(await store.get(kind, id)).toEqual(row);
    }
    if (commit.revision === revision) done.abort();
  }
}
