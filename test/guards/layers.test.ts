import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { read, sourceFiles } from "./files.ts";

/** Which of our packages each may import: the table of docs/architecture.md. */
const mayImport: Record<string, readonly string[]> = {
  "packages/kit": [],
  "packages/api": ["kit"],
  "packages/control": ["api", "kit"],
  "packages/node": ["api", "kit"],
  "packages/sim": ["api", "kit", "control", "node"],
  "packages/store": ["api", "kit", "control"],
  "packages/sso": ["api", "kit", "control"],
  "packages/log": ["kit"],
  "packages/libvirt": ["kit"],
  "packages/nfs": ["kit", "libvirt"],
  "packages/drivers": ["api", "kit", "node", "libvirt", "nfs"],
  "apps/controlplane": ["api", "kit", "control", "store", "sso", "log"],
  "apps/noded": ["api", "kit", "node", "drivers", "libvirt", "sim", "log"],
  "apps/cli": ["api", "kit"],
  "apps/image-builder": ["kit"],
  "apps/dashboard": ["api", "kit"],
};

/** Core decides and touches nothing: no Node, no time but the kit's clock. */
const core = ["packages/kit", "packages/api", "packages/control", "packages/node", "packages/sim"];

const sources = sourceFiles(".ts", ".tsx").filter((file) => /^(packages|apps)\/[^/]+\/(src|test-suites)\//.test(file));

/** A test, a `-suite.ts`, and what stands in `testing/` and `test-suites/` may use what its package does not ship. */
const isTest = (file: string) => /\.test\.tsx?$|-suite\.ts$|\/(test-suites|testing)\//.test(file);

test("the checker sees the code of every part", () => {
  for (const part of Object.keys(mayImport)) {
    expect(sources.filter((file) => file.startsWith(`${part}/`)).length, part).toBeGreaterThan(0);
  }
  expect(sources.filter((file) => !partOf(file))).toEqual([]);
});

test("each part imports only what the table allows it", () => {
  const breaches: string[] = [];
  for (const file of sources.filter((f) => !isTest(f))) {
    for (const imported of importsOf(read(file))) {
      const ours = /^@limiquantix\/([^/]+)/.exec(imported)?.[1];
      if (ours === "sim" && file.startsWith("apps/dashboard/src/demo/")) continue;
      if (ours && !mayImport[partOf(file)!]!.includes(ours)) breaches.push(`${file} imports ${imported}`);
    }
  }
  expect(breaches).toEqual([]);
});

/** The demo is the product on the simulator: a part of its own, which the rest asks for only when it is opened. */
test("the dashboard has the simulator in its demo alone, loaded when it is opened", () => {
  const demo = "apps/dashboard/src/demo/";
  const breaches: string[] = [];
  for (const file of sources.filter((f) => f.startsWith("apps/dashboard/") && !f.startsWith(demo) && !isTest(f))) {
    const text = read(file);
    const atOnce = [...text.matchAll(/from\s*["'][^"']*\/demo\/[^"']+["']/g)].map(([found]) => found);
    if (text.includes("@limiquantix/sim") || atOnce.length > 0) breaches.push(file);
  }
  expect(breaches).toEqual([]);
});

test("what ships imports nothing that is made for tests", () => {
  const breaches: string[] = [];
  for (const file of sources.filter((f) => !isTest(f))) {
    for (const imported of importsOf(read(file))) {
      if (imported === "vitest" || isTest(join(dirname(file), imported))) breaches.push(`${file} imports ${imported}`);
    }
  }
  expect(breaches).toEqual([]);
});

test("core has no Node and no clock of its own", () => {
  const breaches: string[] = [];
  for (const file of sources.filter((f) => !isTest(f) && core.includes(partOf(f)!))) {
    const text = read(file);
    for (const imported of importsOf(text))
      if (imported.startsWith("node:")) breaches.push(`${file} imports ${imported}`);
    if (
      file !== "packages/kit/src/clock.ts" &&
      /\bDate\.now\(|\bset(Timeout|Interval)\(|\bprocess\.|new Date\(\)/.test(text)
    ) {
      breaches.push(`${file} has a clock or a process of its own`);
    }
  }
  expect(breaches).toEqual([]);
});

test("the environment is read in config.ts alone, and only main.ts ends a process", () => {
  const breaches = sources.filter((file) => {
    if (isTest(file)) return false;
    const text = read(file);
    return (
      (/process\.env/.test(text) && !file.endsWith("/config.ts")) ||
      (/process\.exit\(/.test(text) && !file.endsWith("/main.ts"))
    );
  });
  expect(breaches).toEqual([]);
});

function partOf(file: string): string | undefined {
  const part = file.split("/").slice(0, 2).join("/");
  return part in mayImport ? part : undefined;
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1]!);
}
