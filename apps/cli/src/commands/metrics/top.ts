import type { Verb } from "../verb.ts";
import { parseCount } from "../../values/count.ts";

interface TopFlags {
  nodes?: boolean;
  limit: number;
}

export const top: Verb = (command, cli) => {
  command
    .option("--nodes", "hosts, not VMs")
    .option("--limit <count>", "the busiest so many", parseCount, 20)
    .action(async (flags: TopFlags) => {
      const session = await cli.connect();
      const [{ renderTable }, { printData }, { isMachine }, { formatBytes }, { busiest }] = await Promise.all([
        import("../../output/table.ts"),
        import("../../output/print.ts"),
        import("../../output/format.ts"),
        import("@limiquantix/kit"),
        import("./busiest.ts"),
      ]);
      const found = await busiest(session, flags.nodes ? "nodes" : "vms");
      const shown = found.slice(0, flags.limit);
      if (isMachine(cli.flags.output)) return printData(cli, shown);
      if (shown.length === 0) return cli.note("nothing is measured right now");
      const columns = [
        { header: "NAME", value: ({ name }: (typeof shown)[number]) => name },
        { header: "CPU", value: ({ cpuPercent }: (typeof shown)[number]) => `${cpuPercent.toFixed(1)}%`, right: true },
        {
          header: "MEMORY",
          value: ({ memoryMib }: (typeof shown)[number]) => formatBytes(BigInt(memoryMib) * 1024n * 1024n),
          right: true,
        },
      ];
      const [header = "", ...lines] = renderTable(columns, shown);
      cli.print(cli.terminal.paint.bold(header), ...lines);
    });
};
