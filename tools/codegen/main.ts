import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorsDocument } from "./errors-document.ts";

const root = join(import.meta.dirname, "../..");
writeFileSync(join(root, "docs/errors.md"), errorsDocument());
