import type { Verb } from "../verb.ts";

interface WatchFlags {
  metric?: string[];
}

export const watch: Verb = (command, cli) => {
  command
    .argument("<object>", "vm/NAME, node/NAME, pool/NAME, cluster/NAME, or root for all hosts")
    .option("--metric <metric...>", "only these: cpu, memory-used, disk-read, network-sent, …")
    .action(async (object: string, flags: WatchFlags) => {
      const session = await cli.connect();
      const [api, { toJson }, { getTarget }, { isMachine }, { catchInterrupt }, view] = await Promise.all([
        import("@limiquantix/api"),
        import("@bufbuild/protobuf"),
        import("./target.ts"),
        import("../../output/format.ts"),
        import("../../terminal/terminal.ts"),
        import("./view.ts"),
      ]);
      const metrics = view.parseMetrics(flags.metric);
      const target = await getTarget(session, object);
      using interrupt = catchInterrupt();
      try {
        const frames = session.metrics.watchMetrics({ targets: [target], metrics }, { signal: interrupt.signal });
        let first = true;
        for await (const frame of frames) {
          if (isMachine(cli.flags.output)) {
            cli.print(JSON.stringify(toJson(api.MetricsFrameSchema, frame)));
            continue;
          }
          const [header = "", ...lines] = view.pointsTable(frame);
          if (lines.length === 0) continue;
          if (first) cli.print(cli.terminal.paint.bold(header));
          cli.print(...lines.slice(-1));
          first = false;
        }
      } catch (error) {
        if (!interrupt.signal.aborted) throw error;
      }
    });
};
