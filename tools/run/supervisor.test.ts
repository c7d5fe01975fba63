import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, it } from "vitest";
import { waitFor } from "../lib/process.ts";
import { supervise } from "./supervisor.ts";

let folder: string;
let logFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "supervisor-"));
  logFile = join(folder, "log");
});
afterEach(() => rm(folder, { recursive: true }));
const log = () => readFile(logFile, "utf8").catch(() => "");

it("starts a program again after it ended, and says so", async () => {
  const said: string[] = [];
  const program = supervise({
    name: "demo",
    file: "sh",
    args: ["-c", "echo started; exit 3"],
    logFile,
    clock: systemClock,
    say: (line) => said.push(line),
  });
  await waitFor(async () => (await log()).split("started").length > 2, { timeoutMs: 10_000 });
  await program.stop(1000);
  expect(said[0]).toMatch(/^demo ended \(exit code 3\); starting it again/);
});

it("ends a program that does not mind being asked", async () => {
  const args = ["-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"];
  const program = supervise({ name: "deaf", file: "sh", args, logFile, clock: systemClock, say: () => {} });
  await waitFor(async () => (await log()).includes("ready"), { timeoutMs: 10_000 });
  await program.stop(100);
});
