import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "./config.ts";

/** What must hold before a commit. All run, so that one call shows everything: `tools/check [NAME…]`. */
const steps: readonly (readonly [name: string, file: string, ...args: string[]])[] = [
  ["format", "oxfmt", "--check", "."],
  ["protobuf", "buf", "lint"],
  ["compatibility", "buf", "breaking", "--against", "proto/baseline.binpb"],
  ["generated", process.execPath, join(root, "tools/run/fresh.ts")],
  ["unused", "knip", "--include", "files,exports,types,duplicates,dependencies,unlisted,unresolved"],
  ["types", "tsc", "-p", "."],
  ["dashboard", "tsc", "-p", "apps/dashboard"],
  ["lint", "oxlint"],
];

const execFileAsync = promisify(execFile);

async function holds([name, file, ...args]: (typeof steps)[number]): Promise<boolean> {
  const startedAt = performance.now();
  const said = await execFileAsync(file, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }).then(
    () => undefined,
    ({ stdout = "", stderr = "", message }: { stdout?: string; stderr?: string; message: string }) =>
      `${stdout}${stderr}`.trim() || message,
  );
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${said === undefined ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (said !== undefined) console.log(said);
  return said === undefined;
}

const only = process.argv.slice(2);
const unknown = only.filter((name) => !steps.some(([known]) => known === name));
if (unknown.length > 0) throw new Error(`no such check: ${unknown.join(", ")}`);
const wanted = steps.filter(([name]) => only.length === 0 || only.includes(name));
const results = await Promise.all(wanted.map(holds));
process.exit(results.every(Boolean) ? 0 : 1);
