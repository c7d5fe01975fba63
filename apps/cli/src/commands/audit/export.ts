import type { Verb } from "../verb.ts";

interface ExportFlags {
  since?: string;
  until?: string;
}

export const exportAudit: Verb = (command, cli) => {
  command
    .argument("[file]", "where to (standard output unless told)")
    .option("--since <time>", "only after this: 30m, 2h, or a date")
    .option("--until <time>", "only before this")
    .action(async (file: string | undefined, flags: ExportFlags) => {
      const { exportLines } = await import("./export-lines.ts");
      await exportLines(cli, { file, ...flags });
    });
};
