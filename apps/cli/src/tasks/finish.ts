import { toJson, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { Task_State, type Task } from "@limiquantix/api";
import type { Cli } from "../cli.ts";
import { isMachine } from "../output/format.ts";
import { printData } from "../output/print.ts";
import type { Session } from "../rpc/session.ts";
import { catchInterrupt, Interrupted } from "../terminal/terminal.ts";
import type { MutationFlags } from "./flags.ts";
import { noDisplay, showTasks } from "./display.ts";
import { followTasks } from "./follow.ts";
import { title } from "./render.ts";
import { TaskFailed } from "./task-failed.ts";

/** What a mutation answers: the resource, and the task if there is something to do. */
interface Answer {
  task?: Task;
  warnings?: string[];
}

export interface FinishOptions<Desc extends DescMessage> {
  session: Session;
  schema: Desc;
  flags: MutationFlags;
  /** Without a task it is done, rather than nothing to do. */
  instant?: boolean;
  /** Reads the resource again into the answer, once its task has ended. */
  reread?: (answer: MessageShape<Desc>) => Promise<void>;
  /** The sentence for people: `dry` says what would have come about. */
  describe: (answer: MessageShape<Desc>, when: "dry" | "asked" | "done") => string;
}

/**
 * The end of every mutation. Without `--wait` it prints the task's id and returns; with it, it shows the task's steps
 * until the task has ended. Ctrl-C stops the waiting, never the task.
 */
export async function finish<Desc extends DescMessage>(
  cli: Cli,
  answers: readonly (MessageShape<Desc> & Answer)[],
  options: FinishOptions<Desc>,
): Promise<void> {
  const { session, schema, flags, reread } = options;
  for (const answer of answers) cli.warn(...(answer.warnings ?? []));
  let ended: Task[] = [];
  if (flags.wait && !flags.dryRun) {
    ended = await waitFor(
      cli,
      session,
      answers.flatMap((answer) => answer.task ?? []),
    );
    for (const answer of answers) {
      const own = ended.find((task) => task.id === answer.task?.id);
      if (own) answer.task = own;
      if (own?.state === Task_State.SUCCEEDED) await reread?.(answer);
    }
  }
  if (isMachine(cli.flags.output)) {
    const data = answers.map((answer) => toJson(schema, answer));
    const [first, second] = data;
    await printData(cli, first !== undefined && second === undefined ? first : data);
  } else {
    for (const answer of answers) printOutcome(cli, answer, options);
  }
  const failed = ended.find((task) => task.state !== Task_State.SUCCEEDED);
  if (failed) throw new TaskFailed(failed);
}

interface Outcome<Message> {
  flags: MutationFlags;
  instant?: boolean;
  describe: (answer: Message, when: "dry" | "asked" | "done") => string;
}

function printOutcome<Message extends Answer>(
  cli: Cli,
  answer: Message,
  { flags, instant, describe }: Outcome<Message>,
): void {
  const { task } = answer;
  if (flags.dryRun) cli.print(`${describe(answer, "dry")} (dry run: nothing was changed)`);
  else if (!task) cli.print(`${describe(answer, "done")}${instant ? "" : " (there was nothing to do)"}`);
  else if (task.state === Task_State.SUCCEEDED) cli.print(describe(answer, "done"));
  else if (!flags.wait) {
    cli.print(`${describe(answer, "asked")}: task ${task.id}`);
    if (cli.terminal.errors.isTTY) cli.note(cli.terminal.paintErrors.dim(`follow it with: lqx task watch ${task.id}`));
  }
}

/** Shows the tasks' steps until all have ended. */
export async function waitFor(cli: Cli, session: Session, tasks: readonly Task[]): Promise<Task[]> {
  if (tasks.length === 0) return [];
  using interrupt = catchInterrupt();
  using display = isMachine(cli.flags.output) ? noDisplay : showTasks(cli.terminal);
  for (const task of tasks) display.update(task);
  const ids = tasks.map((task) => task.id);
  try {
    return await followTasks(session, ids, { signal: interrupt.signal, onChange: (task) => display.update(task) });
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    for (const task of tasks) {
      cli.note(
        `${title(task)} goes on. See it with \`lqx task watch ${task.id}\`, stop it with \`lqx task cancel ${task.id}\`.`,
      );
    }
    throw new Interrupted();
  }
}
