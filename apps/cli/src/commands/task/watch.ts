import type { Verb } from "../verb.ts";

export const watch: Verb = (command, cli) => {
  command.argument("[task...]", "ids; without one, all that have not ended").action(async (ids: string[]) => {
    const session = await cli.connect();
    const { watchTasks } = await import("./watch-tasks.ts");
    await watchTasks(cli, session, ids);
  });
};
