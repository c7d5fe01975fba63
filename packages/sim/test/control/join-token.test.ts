import { allTables } from "@limiquantix/control";
import { expect, test } from "vitest";
import { Harness } from "./harness.ts";

test("a join token is shown once: a repeat makes no other, a dry run makes none", async () => {
  await using cluster = await Harness.start();
  const kept = () =>
    allTables.filter(({ kind }) => kind === "join-token").reduce((sum, table) => sum + cluster.db.count(table), 0);
  const planned = await cluster.nodes.createJoinToken({ dryRun: true });
  expect([planned.token, kept()]).toEqual(["", 0]);
  expect(planned.expiresAt).toBeDefined();
  const made = await cluster.nodes.createJoinToken({ idempotencyKey: "key-1" });
  const again = await cluster.nodes.createJoinToken({ idempotencyKey: "key-1" });
  expect(made.token).toMatch(/^lqxjoin_/);
  expect(again).toMatchObject({ token: "", expiresAt: made.expiresAt });
  expect(kept()).toBe(1);
});
