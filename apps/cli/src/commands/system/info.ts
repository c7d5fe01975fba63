import type { MetricsHistory } from "@limiquantix/api";
import type { Verb } from "../verb.ts";

export const info: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ SystemInfoSchema }, { printMessage }, { renderFields }, { moment }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/print.ts"),
      import("../../output/table.ts"),
      import("../../output/times.ts"),
    ]);
    const history = ({ source, keptSince, problem }: MetricsHistory) =>
      `${source}, since ${moment(keptSince)}${problem ? `; ${problem}` : ""}`;
    const system = await session.system.getSystemInfo({});
    await printMessage(cli, SystemInfoSchema, system, (it) =>
      renderFields([
        ["Server", session.server],
        ["Version", it.version],
        ["Store", it.store],
        ["Login", it.openLoopback ? "not needed from this machine (--dev)" : "needed"],
        ...(it.metricsHistory ? ([["Measurements", history(it.metricsHistory)]] as const) : []),
        ["Revision", String(it.revision)],
      ]),
    );
  });
};
