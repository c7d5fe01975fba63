import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { metricsFile } from "./metrics-file.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-metrics-"));
});
afterEach(() => rm(directory, { recursive: true }));

test("what is written is read, however many parts it has", async () => {
  const file = metricsFile(directory);
  expect(await file.read()).toBeUndefined();
  const parts = Array.from({ length: 5000 }, (_, i) => Buffer.alloc(1000, i));
  await file.write(parts);
  expect((await file.read())?.length).toBe(5_000_000);
  expect(Buffer.concat(parts).equals((await file.read()) ?? Buffer.alloc(0))).toBe(true);
});

test("a write that breaks off leaves what was there, and nothing else", async () => {
  const file = metricsFile(directory);
  await file.write([Buffer.from("before")]);
  const broken = function* () {
    yield Buffer.from("after");
    throw new Error("the power is gone");
  };
  await expect(file.write(broken())).rejects.toThrow("write");
  expect(String(await file.read())).toBe("before");
  expect(await readdir(directory)).toEqual(["metrics.bin"]);
  await writeFile(join(directory, "metrics.bin.new"), "what a crash left");
  await file.write([Buffer.from("after")]);
  expect(String(await file.read())).toBe("after");
});
