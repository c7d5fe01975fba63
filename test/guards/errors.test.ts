import { catalogue, Reason } from "@limiquantix/api";
import { expect, test } from "vitest";
import { errorsDocument } from "../../tools/codegen/errors-document.ts";
import { read, sourceFiles } from "./files.ts";

test("docs/errors.md tells what the catalogue tells (pnpm run generate writes it)", () => {
  expect(read("docs/errors.md")).toBe(errorsDocument());
});

test("every reason is thrown somewhere: a name that nothing uses is a promise that nobody keeps", () => {
  const code = sourceFiles(".ts")
    .filter((file) => !file.endsWith("errors/catalogue.ts") && !file.endsWith(".test.ts"))
    .map(read)
    .join("\n");
  const unused = Object.keys(catalogue)
    .map((number) => Reason[Number(number)]!)
    .filter((name) => !code.includes(`Reason.${name}`));
  expect(unused).toEqual([]);
});
