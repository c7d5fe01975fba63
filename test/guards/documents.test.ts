import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { read, root, sourceFiles } from "./files.ts";

const documents = sourceFiles(".md");

test("every path that a document names exists", () => {
  expect(documents.length).toBeGreaterThan(3);
  const missing: string[] = [];
  for (const file of documents) {
    const text = read(file);
    const named = [
      ...[...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((m) => join(dirname(file), m[1]!)),
      ...[...text.matchAll(/`((?:packages|apps|proto|tools|docs|test|bin)\/[A-Za-z0-9_./-]+)`/g)].map((m) => m[1]!),
    ];
    for (const path of named) if (!existsSync(join(root, path))) missing.push(`${file} names ${path}`);
  }
  expect(missing).toEqual([]);
});

test("the project stands alone: nothing in it names the folder that it grew beside", () => {
  const guilty = sourceFiles(".ts", ".sh", ".json", ".yaml", ".md", ".mjs").filter((file) =>
    /\.\.\/shared\//.test(read(file)),
  );
  expect(guilty.filter((file) => !file.startsWith("test/guards/"))).toEqual([]);
});
