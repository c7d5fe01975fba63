import type { SnapshotSchedule } from "@limiquantix/api";
import { CalendarClock, Plus } from "lucide-react";
import { useCallback, useDeferredValue, useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useCan } from "../../api/use-can.ts";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { Filters, FilterText } from "../../ui/filters.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Until } from "../../ui/time.tsx";
import { DeleteScheduleDialog } from "./delete-schedule-dialog.tsx";
import { ScheduleDialog } from "./schedule-dialog.tsx";
import { SchedulePanel } from "./schedule-panel.tsx";
import { ScheduleSwitch } from "./schedule-switch.tsx";
import { keepsText, outcomeOf, vmsText, zoneOf } from "./schedule-words.ts";

const s = strings.schedules;

/** Snapshots by the clock. */
export function SchedulesPage() {
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const all = useRows(inventory.schedule);
  const projects = useRows(inventory.project);
  const [text, setText] = useSearchValue("q");
  const [sort, setSort] = useSearchValue("sort", "name");
  const [dialog, setDialog] = useSearchValue("do");
  const [openId, setOpen] = useSearchValue("schedule");
  const opened = useRow(inventory.schedule, openId);
  const words = useDeferredValue(text);
  const [create] = useCan([{ privilege: "schedule.manage", object: { kind: "project", id: "default" } }]);
  const names = useMemo(() => new Map(projects.map(({ id, name }) => [id, name])), [projects]);
  const columns = useMemo(() => columnsOf(names), [names]);
  const shown = useMemo(
    () => all.filter((one) => `${one.name} ${one.description}`.toLowerCase().includes(words.trim().toLowerCase())),
    [all, words],
  );
  const open = useCallback(({ id }: SnapshotSchedule) => setOpen(id), [setOpen]);
  const close = () => setDialog("");
  // Who may in another project alone is told by the server where they may not.
  const mayNot = create?.allowed || projects.length > 1 ? undefined : create?.why || undefined;
  const add = (
    <Button look="primary" icon={<Plus size={15} />} blocked={mayNot} onClick={() => setDialog("create")}>
      {s.create}
    </Button>
  );
  return (
    <Page title={s.title} subtitle={s.count(shown.length, all.length)} actions={add}>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
      </Filters>
      {link === "connecting" && all.length === 0 ? (
        <SkeletonRows />
      ) : all.length === 0 ? (
        <EmptyList
          view="schedule.view"
          forbidden={s.forbidden}
          icon={<CalendarClock size={32} />}
          title={s.none}
          text={s.noneText}
          action={add}
        />
      ) : (
        <div className="flex min-h-0 grow">
          <DataTable
            label={s.title}
            rows={shown}
            columns={columns}
            sort={sort}
            onSort={setSort}
            onOpen={open}
            empty={
              <Empty
                title={s.noMatch}
                action={<Button onClick={() => setText("")}>{strings.common.clearFilter}</Button>}
              />
            }
          />
          {opened && (
            <SchedulePanel
              schedule={opened}
              onClose={() => setOpen("")}
              onEdit={() => setDialog("edit")}
              onDelete={() => setDialog("delete")}
            />
          )}
        </div>
      )}
      {dialog === "create" && <ScheduleDialog onClose={close} />}
      {dialog === "edit" && opened && <ScheduleDialog schedule={opened} onClose={close} />}
      {dialog === "delete" && opened && <DeleteScheduleDialog schedule={opened} onClose={close} />}
    </Page>
  );
}

function columnsOf(projects: ReadonlyMap<string, string>): Column<SnapshotSchedule>[] {
  const c = s.columns;
  const projectOf = ({ projectId }: SnapshotSchedule) => projects.get(projectId) ?? projectId;
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(10rem,1.5fr)",
      key: ({ name }) => name,
      cell: ({ name }) => <span className="font-medium">{name}</span>,
    },
    {
      id: "enabled",
      title: c.enabled,
      width: "5rem",
      key: ({ spec }) => (spec?.isEnabled ? 0 : 1),
      cell: (schedule) => <ScheduleSwitch schedule={schedule} />,
    },
    {
      id: "when",
      title: c.when,
      width: "minmax(12rem,1fr)",
      cell: ({ spec }) => (
        <>
          <code>{spec?.cron}</code> <span className="text-muted">{zoneOf(spec)}</span>
        </>
      ),
    },
    { id: "vms", title: c.vms, width: "minmax(9rem,1fr)", key: vmsText, cell: vmsText },
    { id: "keeps", title: c.keeps, width: "10rem", cell: keepsText },
    {
      id: "next",
      title: c.next,
      width: "8rem",
      key: ({ status }) => status?.nextRunAt?.seconds ?? 0n,
      cell: ({ status }) =>
        status?.nextRunAt ? <Until at={status.nextRunAt} /> : <span className="text-muted">{s.off}</span>,
    },
    {
      id: "last",
      title: c.last,
      width: "11rem",
      key: ({ status }) => status?.lastRunAt?.seconds ?? 0n,
      cell: ({ status }) =>
        status?.lastRun ? <StateDot {...outcomeOf(status.lastRun)} /> : <span className="text-muted">{s.never}</span>,
    },
    { id: "project", title: c.project, width: "minmax(7rem,1fr)", key: projectOf, cell: projectOf },
  ];
}
