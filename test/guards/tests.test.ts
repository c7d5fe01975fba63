import { matchesGlob } from "node:path";
import { expect, test } from "vitest";
import { browserTestFiles, hostTestFiles } from "../../tools/run/test-files.ts";
import unit from "../../vitest.config.ts";
import browser from "../vitest.e2e.config.ts";
import host from "../vitest.host.config.ts";
import { sourceFiles } from "./files.ts";

const files = sourceFiles(".test.ts", ".test.tsx");
const unitFiles = unit.test?.include ?? [];
const isTaken = (file: string, patterns: readonly string[]) => patterns.some((pattern) => matchesGlob(file, pattern));

test("every test is run by tools/test: those with needs in a browser or the lab host", () => {
  expect(files.length).toBeGreaterThan(50);
  expect(host.test?.include).toEqual(hostTestFiles);
  expect(browser.test?.include).toEqual(browserTestFiles);
  const takers = (file: string) =>
    file.endsWith(".host.test.ts") ? hostTestFiles : file.endsWith(".e2e.test.ts") ? browserTestFiles : unitFiles;
  const orphans = files.filter((file) => !isTaken(file, takers(file)));
  expect(orphans).toEqual([]);
});

test("every pattern of test files finds some", () => {
  const idle = [...hostTestFiles, ...browserTestFiles, ...unitFiles].filter(
    (pattern) => !files.some((file) => isTaken(file, [pattern])),
  );
  expect(idle).toEqual([]);
});
