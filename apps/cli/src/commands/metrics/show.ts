import { parseCount } from "../../values/count.ts";
import type { Verb } from "../verb.ts";

interface ShowFlags {
  since?: string;
  until?: string;
  metric?: string[];
  points?: number;
}

export const show: Verb = (command, cli) => {
  command
    .argument("<object>", "vm/NAME, node/NAME, pool/NAME, cluster/NAME, or root for all hosts")
    .option("--since <time>", "from then on: 30m, 6h, 30d, or a date (an hour unless told)")
    .option("--until <time>", "up to then")
    .option("--metric <metric...>", "only these: cpu, memory-used, disk-read, network-sent, …")
    .option("--points <count>", "print so many points in time at most, not their summary", parseCount)
    .addHelpText(
      "after",
      "\nA day is kept, and longer where the control plane has a Prometheus: see `lqx system info`.",
    )
    .action(async (object: string, flags: ShowFlags) => {
      const session = await cli.connect();
      const [api, { getTarget }, { printMessage }, { parseSince }, view] = await Promise.all([
        import("@limiquantix/api"),
        import("./target.ts"),
        import("../../output/print.ts"),
        import("../../values/since.ts"),
        import("./view.ts"),
      ]);
      const metrics = view.parseMetrics(flags.metric);
      const target = await getTarget(session, object);
      const frame = await session.metrics.queryMetrics({
        targets: [target],
        metrics,
        ...(flags.since ? { from: parseSince(flags.since) } : {}),
        ...(flags.until ? { to: parseSince(flags.until) } : {}),
        ...(flags.points ? { maxPoints: flags.points } : {}),
      });
      if (frame.missing) cli.note(`only the last day: ${frame.missing}`);
      if (!frame.since) cli.note("nothing has been measured yet");
      await printMessage(cli, api.MetricsFrameSchema, frame, flags.points ? view.pointsTable : view.summaryTable);
    });
};
