import type { Verb } from "../verb.ts";

export const get: Verb = (command, cli) => {
  command.argument("<task>", "id").action(async (id: string) => {
    const session = await cli.connect();
    const [{ TaskSchema }, { printMessage }, { describeTask }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/print.ts"),
      import("./view.ts"),
    ]);
    await printMessage(cli, TaskSchema, await session.tasks.getTask({ id }), (it) =>
      describeTask(it, cli.terminal.paint),
    );
  });
};
