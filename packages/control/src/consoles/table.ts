import { ConsoleLinkRowSchema } from "@limiquantix/api/rows";
import { table } from "../store/table.ts";

export const consoleLinks = table({
  kind: "console-link",
  schema: ConsoleLinkRowSchema,
  indexes: { secret: (row) => row.secretHash, vm: (row) => row.link?.vmId },
});
