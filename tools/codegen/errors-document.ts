import { catalogue, Reason } from "@limiquantix/api";
import { Code } from "@connectrpc/connect";

/** docs/errors.md: the catalogue for people. */
export function errorsDocument(): string {
  const rows = Object.entries(catalogue).map(
    ([reason, entry]) =>
      `| \`${Reason[Number(reason)]}\` | ${Code[entry.code]} | ${entry.sentence} | ${entry.tryThis} |`,
  );
  return [
    "# Errors",
    "",
    "Every error carries a reason, a sentence and a thing to try. The API sends them as an `ErrorDetail`; the dashboard",
    "and `lqx` show them as they stand here. Generated from `packages/api/src/errors/catalogue.ts`.",
    "",
    "| reason | code | sentence | try this |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
