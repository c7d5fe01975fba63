import type { Verb } from "../verb.ts";

export const info: Verb = (command, cli) => {
  command.action(async () => {
    const session = await cli.connect();
    const [{ SystemInfoSchema }, { printMessage }, { renderFields }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/print.ts"),
      import("../../output/table.ts"),
    ]);
    const system = await session.system.getSystemInfo({});
    await printMessage(cli, SystemInfoSchema, system, (it) =>
      renderFields([
        ["Server", session.server],
        ["Version", it.version],
        ["Store", it.store],
        ["Login", it.openLoopback ? "not needed from this machine (--dev)" : "needed"],
        ["Revision", String(it.revision)],
      ]),
    );
  });
};
