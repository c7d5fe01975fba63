import { toJson } from "@bufbuild/protobuf";
import { Task_State, TaskSchema, TaskUpdateSchema, type Task } from "@limiquantix/api";
import type { Cli } from "../../cli.ts";
import { isMachine } from "../../output/format.ts";
import { printData } from "../../output/print.ts";
import type { Session } from "../../rpc/session.ts";
import { waitFor } from "../../tasks/finish.ts";
import { isFinished, renderChanges } from "../../tasks/render.ts";
import { TaskFailed } from "../../tasks/task-failed.ts";
import { catchInterrupt } from "../../terminal/terminal.ts";

/** Those that are named, until each has ended; or every task, until Ctrl-C. */
export async function watchTasks(cli: Cli, session: Session, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return watchAll(cli, session);
  const tasks = await Promise.all(ids.map((id) => session.tasks.getTask({ id })));
  const open = tasks.filter((task) => !isFinished(task));
  if (!isMachine(cli.flags.output)) {
    for (const task of tasks.filter(isFinished)) cli.print(...renderChanges(undefined, task));
  }
  const ended = [...tasks.filter(isFinished), ...(await waitFor(cli, session, open))];
  if (isMachine(cli.flags.output))
    await printData(
      cli,
      ended.map((task) => toJson(TaskSchema, task)),
    );
  const failed = ended.find((task) => task.state !== Task_State.SUCCEEDED);
  if (failed) throw new TaskFailed(failed);
}

async function watchAll(cli: Cli, session: Session): Promise<void> {
  using interrupt = catchInterrupt();
  const shown = new Map<string, Task>();
  try {
    for await (const update of session.tasks.watchTasks({}, { signal: interrupt.signal })) {
      if (isMachine(cli.flags.output)) cli.print(JSON.stringify(toJson(TaskUpdateSchema, update)));
      else if (update.task) {
        cli.print(...renderChanges(shown.get(update.task.id), update.task));
        shown.set(update.task.id, update.task);
      }
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
  }
}
