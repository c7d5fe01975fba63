import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "../..");
const { values } = parseArgs({ options: { baseline: { type: "boolean", default: false } } });

buf("format", "-w");
buf("generate");
// Not before: the catalogue is made of messages that buf has just written.
const { errorsDocument } = await import("./errors-document.ts");
writeFileSync(join(root, "docs/errors.md"), errorsDocument());
// Without the sources' text, which no check of compatibility reads.
if (values.baseline) buf("build", "--exclude-source-info", "-o", "proto/baseline.binpb");

function buf(...args: string[]): void {
  const { status, error } = spawnSync("buf", args, { cwd: root, stdio: "inherit" });
  if (status !== 0) throw new Error(`buf ${args.join(" ")} failed`, { cause: error });
}
