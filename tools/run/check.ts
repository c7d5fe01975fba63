import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./config.ts";

/** What must hold before a commit, quickest first. All run, so that one call shows everything. */
const steps: readonly (readonly [name: string, file: string, ...args: string[]])[] = [
  ["format", "oxfmt", "--check", "."],
  ["lint", "oxlint", "--quiet"],
  ["protobuf", "buf", "lint"],
  ["generated code", process.execPath, join(root, "tools/run/fresh.ts")],
  ["types", "tsc", "-p", "."],
  ["unused code", "knip", "--include", "files,exports,unlisted,unresolved"],
];

const only = process.argv.slice(2);
let failed = 0;
for (const [name, file, ...args] of steps) {
  if (only.length > 0 && !only.includes(name)) continue;
  const startedAt = Date.now();
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd: root, encoding: "utf8" });
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (status !== 0) {
    failed++;
    console.log(`${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trim());
  }
}
process.exit(failed === 0 ? 0 : 1);
