import { Task_State, TaskService, type Task } from "@limiquantix/api";
import { useClient } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SidePanel, SideSection } from "../../ui/side-panel.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { taskTitle } from "../../ui/task-line.tsx";
import { At } from "../../ui/time.tsx";
import { duration, isRunning, taskStates, tookMs } from "./task-state.ts";

const s = strings.tasks;

/** One task in full. `known`: as the feed or a page has it; otherwise it is asked for. */
export function TaskPanel({ id, known, onClose }: { id: string; known: Task | undefined; onClose: () => void }) {
  const client = useClient(TaskService);
  const { data, problem } = useQuery(known ? "" : id, async (signal) =>
    known ? undefined : client.getTask({ id }, { signal }),
  );
  const task = known ?? data;
  return (
    <SidePanel
      id={id}
      title={task ? taskTitle(task) : s.title}
      onClose={onClose}
      actions={task && <Cancel task={task} />}
    >
      {task ? <TaskDetail task={task} /> : problem ? <QueryProblem problem={problem} /> : <Skeleton className="h-40" />}
    </SidePanel>
  );
}

function Cancel({ task }: { task: Task }) {
  const client = useClient(TaskService);
  const cancel = useAction(() => client.cancelTask({ id: task.id, idempotencyKey: newKey() }));
  const [may] = useCan([{ privilege: "task.cancel", object: { kind: "task", id: task.id } }]);
  if (!task.cancellable || !isRunning(task)) return null;
  if (task.cancelRequested) return <span className="text-muted">{s.cancelling}</span>;
  return (
    <Button busy={cancel.busy} blocked={blockedBy(may)} onClick={() => void cancel.run()}>
      {s.cancel}
    </Button>
  );
}

function TaskDetail({ task }: { task: Task }) {
  const { label, tone, busy } = taskStates[task.state];
  return (
    <>
      <div className="flex flex-col gap-2">
        <div className="flex justify-between">
          <StateDot tone={tone} label={label} busy={busy} />
          {isRunning(task) && <span className="tabular-nums">{task.percent} %</span>}
        </div>
        {isRunning(task) && (
          <div
            role="progressbar"
            aria-label={s.progress}
            aria-valuenow={task.percent}
            aria-valuemin={0}
            aria-valuemax={100}
            className="h-1 overflow-hidden rounded bg-hover"
          >
            <div className="h-full bg-accent transition-[width]" style={{ width: `${Math.max(3, task.percent)}%` }} />
          </div>
        )}
      </div>
      {task.error && (
        <div role="alert" className="rounded-lg border border-bad/40 bg-bad-soft p-3">
          <p className="font-semibold">{task.state === Task_State.CANCELLED ? s.cancelled : s.failed}</p>
          <p className="mt-1 break-words first-letter:uppercase">{task.error.message}</p>
          {task.error.tryThis && <p className="mt-1 text-muted">{task.error.tryThis}</p>}
        </div>
      )}
      <Facts
        facts={[
          [s.facts.target, <ObjectLink key="target" object={task.target} withKind />],
          [s.facts.kind, <code key="kind">{task.kind}</code>],
          [s.facts.who, task.createdBy],
          [s.facts.created, <At key="created" at={task.createdAt} />],
          [s.facts.started, task.startedAt && <At key="started" at={task.startedAt} />],
          [s.facts.finished, task.finishedAt && <At key="finished" at={task.finishedAt} />],
          [s.facts.took, duration(tookMs(task))],
          [
            s.facts.id,
            <code key="id" className="text-[12px] break-all">
              {task.id}
            </code>,
          ],
        ]}
      />
      {task.steps.length > 0 && (
        <SideSection title={s.steps}>
          <ol className="flex flex-col gap-2">
            {task.steps.map((step) => {
              const { tone, label, busy } = taskStates[step.state];
              return (
                <li key={step.name} className="flex flex-col">
                  <div className="flex justify-between gap-2">
                    <span className="font-medium">{step.name}</span>
                    <StateDot tone={tone} label={busy && step.percent > 0 ? `${step.percent} %` : label} busy={busy} />
                  </div>
                  {step.message && <span className="break-words text-muted">{step.message}</span>}
                </li>
              );
            })}
          </ol>
        </SideSection>
      )}
      <SideSection title={s.log}>
        {task.log.length === 0 ? (
          <p className="text-muted">{s.noLog}</p>
        ) : (
          <pre className="max-h-80 overflow-auto rounded-md border border-line bg-ground p-2 font-mono text-[12px] whitespace-pre-wrap">
            {task.log.join("\n")}
          </pre>
        )}
      </SideSection>
    </>
  );
}
