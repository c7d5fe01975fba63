import { TaskService, type Task } from "@limiquantix/api";
import { ListChecks } from "lucide-react";
import { useCallback, useDeferredValue, useMemo } from "react";
import { useNavigate } from "@tanstack/react-router";
import { useClient, useConnection } from "../../api/context.tsx";
import { usePages } from "../../api/use-pages.ts";
import { useSearchValue } from "../../app/search.ts";
import { useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Filters, FilterSelect, FilterText } from "../../ui/filters.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Older } from "../../ui/older.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { Page } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { taskTitle } from "../../ui/task-line.tsx";
import { Ago } from "../../ui/time.tsx";
import { TaskPanel } from "./task-panel.tsx";
import { duration, isRunning, taskStates, tookMs } from "./task-state.ts";

const s = strings.tasks;
const pageSize = 200;

/** What is being done and what was: the newest live from the feed, older ones by pages. */
export function TasksPage() {
  const { inventory } = useConnection();
  const client = useClient(TaskService);
  const navigate = useNavigate();
  const live = useRows(inventory.task);
  const older = usePages("tasks", async (pageToken, signal) => {
    const answer = await client.listTasks({ pageSize, pageToken }, { signal });
    return { rows: answer.tasks, nextPageToken: answer.nextPageToken };
  });
  const [text, setText] = useSearchValue("q");
  const [state, setState] = useSearchValue("state");
  const [kind, setKind] = useSearchValue("kind");
  const [who, setWho] = useSearchValue("who");
  const [sort, setSort] = useSearchValue("sort", "-started");
  const [chosen, setChosen] = useSearchValue("task");
  const search = useDeferredValue(text);

  const all = useMemo(() => {
    const byId = new Map((older.rows ?? []).map((task) => [task.id, task]));
    for (const task of live) byId.set(task.id, task);
    return [...byId.values()];
  }, [live, older.rows]);
  const kinds = useMemo(() => distinct(all, ({ kind }) => kind), [all]);
  const people = useMemo(() => distinct(all, ({ createdBy }) => createdBy), [all]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter(
      (task) =>
        (!state || taskStates[task.state].name === state) &&
        (!kind || task.kind === kind) &&
        (!who || task.createdBy === who) &&
        (words.length === 0 || matches(task, words)),
    );
  }, [all, search, state, kind, who]);
  const close = useCallback(() => setChosen(""), [setChosen]);

  return (
    <Page title={s.title} subtitle={s.count(all.filter(isRunning).length, shown.length)}>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
        <FilterSelect
          label={s.columns.state}
          all={s.allStates}
          value={state}
          onChange={setState}
          options={Object.values(taskStates).map(({ name, label }) => [name, label])}
        />
        <FilterSelect
          label={s.columns.task}
          all={s.allKinds}
          value={kind}
          onChange={setKind}
          options={kinds.map((kind) => [kind, taskTitle({ kind })])}
        />
        <FilterSelect
          label={s.columns.who}
          all={s.everybody}
          value={who}
          onChange={setWho}
          options={people.map((name) => [name, name])}
        />
      </Filters>
      <div className="flex min-h-0 grow">
        <div className="flex min-w-0 grow flex-col">
          {older.problem && <QueryProblem problem={older.problem} retry={older.reload} />}
          {!older.rows && older.loading && all.length === 0 ? (
            <SkeletonRows />
          ) : (
            <DataTable
              label={s.title}
              rows={shown}
              columns={columns}
              sort={sort}
              onSort={setSort}
              onOpen={({ id }) => setChosen(id)}
              empty={
                all.length === 0 ? (
                  <EmptyList view="task.view" icon={<ListChecks size={32} />} title={s.none} text={s.noneText} />
                ) : (
                  <Empty
                    title={strings.common.noMatch}
                    action={
                      <Button onClick={() => void navigate({ to: ".", search: {} } as never)}>
                        {strings.common.clearFilter}
                      </Button>
                    }
                  />
                )
              }
            />
          )}
          <Older pages={older} back={older.rows?.at(-1)?.createdAt} />
        </div>
        {chosen && <TaskPanel id={chosen} known={all.find(({ id }) => id === chosen)} onClose={close} />}
      </div>
    </Page>
  );
}

const c = s.columns;
const columns: Column<Task>[] = [
  {
    id: "task",
    title: c.task,
    width: "minmax(11rem,1.3fr)",
    key: taskTitle,
    cell: (task) => <span className="font-medium">{taskTitle(task)}</span>,
  },
  {
    id: "target",
    title: c.target,
    width: "minmax(10rem,1.5fr)",
    key: ({ target }) => target?.name ?? "",
    cell: ({ target }) => <ObjectLink object={target} />,
  },
  {
    id: "state",
    title: c.state,
    width: "9rem",
    key: ({ state }) => taskStates[state].label,
    cell: (task) => {
      const { label, ...dot } = taskStates[task.state];
      return <StateDot {...dot} label={isRunning(task) && task.percent > 0 ? `${label} ${task.percent} %` : label} />;
    },
  },
  { id: "who", title: c.who, width: "minmax(7rem,1fr)", key: (task) => task.createdBy, cell: (task) => task.createdBy },
  // Ids are in the order of time (UUIDv7).
  {
    id: "started",
    title: c.started,
    width: "7rem",
    key: ({ id }) => id,
    cell: ({ createdAt }) => <Ago at={createdAt} />,
  },
  {
    id: "took",
    title: c.took,
    width: "6rem",
    align: "right",
    key: (task) => tookMs(task) ?? -1,
    cell: (task) => duration(tookMs(task)),
  },
];

function distinct<Row>(rows: readonly Row[], key: (row: Row) => string): string[] {
  return [...new Set(rows.map(key))].filter(Boolean).toSorted();
}

function matches(task: Task, words: string[]): boolean {
  const text = [taskTitle(task), task.kind, task.target?.name, task.id, task.target?.id, task.error?.message]
    .join(" ")
    .toLowerCase();
  return words.every((word) => text.includes(word));
}
