import { matchesGlob } from "node:path";
import { expect, test } from "vitest";
import { hostTestFiles } from "../../tools/run/test-files.ts";
import unit from "../../vitest.config.ts";
import host from "../vitest.host.config.ts";
import { sourceFiles } from "./files.ts";

const files = sourceFiles(".test.ts", ".e2e.ts");
const unitFiles = unit.test?.include ?? [];
const isTaken = (file: string, patterns: readonly string[]) => patterns.some((pattern) => matchesGlob(file, pattern));

test("every test is run by tools/test: those with needs in the lab host, the others before", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(host.test?.include).toEqual(hostTestFiles);
  const orphans = files.filter((file) => !isTaken(file, file.endsWith(".host.test.ts") ? hostTestFiles : unitFiles));
  expect(orphans).toEqual([]);
});

test("every pattern of test files finds some", () => {
  const idle = [...hostTestFiles, ...unitFiles].filter((pattern) => !files.some((file) => isTaken(file, [pattern])));
  expect(idle).toEqual([]);
});
