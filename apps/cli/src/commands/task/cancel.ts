import type { Verb } from "../verb.ts";
import { addMutationFlags, mutation, type MutationFlags } from "../../tasks/flags.ts";

export const cancel: Verb = (command, cli) => {
  addMutationFlags(command.argument("<task>", "id")).action(async (id: string, flags: MutationFlags) => {
    const session = await cli.connect();
    const [{ TaskSchema, Task_State }, { printMessage }, { waitFor }] = await Promise.all([
      import("@limiquantix/api"),
      import("../../output/print.ts"),
      import("../../tasks/finish.ts"),
    ]);
    let task = await session.tasks.cancelTask({ id, ...mutation(flags) });
    if (flags.wait && !flags.dryRun) [task = task] = await waitFor(cli, session, [task]);
    const is = flags.dryRun ? "would be" : "is";
    await printMessage(cli, TaskSchema, task, (it) => [
      `task ${it.id} ${is} ${Task_State[it.state] ?? ""}${it.cancelRequested && !it.finishedAt ? ", asked to stop" : ""}`,
    ]);
  });
};
