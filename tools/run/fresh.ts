import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorsDocument } from "../codegen/errors-document.ts";
import { run } from "../lib/process.ts";
import { root } from "./config.ts";

/** Fails when a committed generated file differs from what `tools/generate` would write now. Changes nothing. */
async function checkFresh(): Promise<void> {
  await run("buf", ["format", "--diff", "--exit-code"], { cwd: root });
  const scratch = await mkdtemp(join(tmpdir(), "generated-"));
  try {
    await run("buf", ["generate", "--output", scratch], { cwd: root });
    const generated = "packages/api/src/gen";
    await run("diff", ["-r", "-q", join(root, generated), join(scratch, generated)]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const committed = await readFile(join(root, "docs/errors.md"), "utf8");
  if (committed !== errorsDocument()) throw new Error("docs/errors.md is stale");
}

try {
  await checkFresh();
} catch (error) {
  console.error(
    `${error instanceof Error ? error.message : String(error)}\nRun tools/generate and commit what it writes.`,
  );
  process.exit(1);
}
