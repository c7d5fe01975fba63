import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, expect, test } from "vitest";
import { ensureDashboard } from "../../tools/run/dashboard.ts";
import { root } from "../guards/files.ts";

const dist = join(root, "apps/dashboard/dist");
const mostBytes = 200 * 1024;

beforeAll(() => ensureDashboard(() => {}), 120_000);

test("before a page's own code, the browser loads less than 200 KB of compressed JavaScript", () => {
  const page = readFileSync(join(dist, "index.html"), "utf8");
  const files = new Set<string>();
  const take = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const text = readFileSync(join(dist, file), "utf8");
    // What is imported in a call comes later: `import("./x.js")`.
    for (const [, name] of text.matchAll(/(?:\bfrom|\bimport)\s*["']\.\/([\w.-]+\.js)["']/g)) take(`assets/${name}`);
  };
  for (const [, file] of page.matchAll(/(?:src|href)="\/(assets\/[\w.-]+\.js)"/g)) take(file ?? "");
  const sizes = [...files].map(
    (file) => [file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length] as const,
  );
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  expect(files.size).toBeGreaterThan(1);
  expect(total, sizes.map(([file, size]) => `${size} ${file}`).join("\n")).toBeLessThan(mostBytes);
  console.log(`first load: ${(total / 1024).toFixed(0)} KB of JavaScript in ${files.size} files`);
});
