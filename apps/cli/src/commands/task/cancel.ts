import type { Verb } from "../../program.ts";

interface CancelFlags {
  wait?: boolean;
}

export const cancel: Verb = (command, cli) => {
  command
    .argument("<task>", "id")
    .option("-w, --wait", "until it has ended")
    .action(async (id: string, flags: CancelFlags) => {
      const session = await cli.connect();
      const [{ TaskSchema, Task_State }, { printMessage }, { waitFor }] = await Promise.all([
        import("@limiquantix/api"),
        import("../../output/print.ts"),
        import("../../tasks/finish.ts"),
      ]);
      let task = await session.tasks.cancelTask({ id });
      if (flags.wait) [task = task] = await waitFor(cli, session, [task]);
      await printMessage(cli, TaskSchema, task, (it) => [
        `task ${it.id} is ${Task_State[it.state] ?? ""}${it.cancelRequested && !it.finishedAt ? ", asked to stop" : ""}`,
      ]);
    });
};
