import { EventService, type Event } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { Activity } from "lucide-react";
import { useCallback, useDeferredValue, useMemo } from "react";
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
import { At } from "../../ui/time.tsx";
import { EventPanel } from "./event-panel.tsx";
import { eventSeverities, severityNamed } from "./event-severity.ts";

const s = strings.events;
const pageSize = 200;

/** What happened: the newest live from the feed, older ones by pages, with the filters of the address in both. */
export function EventsPage() {
  const { inventory } = useConnection();
  const client = useClient(EventService);
  const navigate = useNavigate();
  const live = useRows(inventory.event);
  const [text, setText] = useSearchValue("q");
  const [severity, setSeverity] = useSearchValue("severity");
  const [type, setType] = useSearchValue("type");
  const [subject, setSubject] = useSearchValue("subject");
  const [sort, setSort] = useSearchValue("sort", "-at");
  const [chosen, setChosen] = useSearchValue("event");
  const search = useDeferredValue(text);
  const wanted = severityNamed(severity);
  const older = usePages(`events ${severity} ${type} ${subject}`, async (pageToken, signal) => {
    const severities = wanted === undefined ? [] : [wanted];
    const answer = await client.listEvents({ subjectId: subject, type, severities, pageSize, pageToken }, { signal });
    return { rows: answer.events, nextPageToken: answer.nextPageToken };
  });

  const all = useMemo(() => {
    const byId = new Map((older.rows ?? []).map((event) => [event.id, event]));
    for (const event of live) byId.set(event.id, event);
    return [...byId.values()];
  }, [live, older.rows]);
  const types = useMemo(() => [...new Set(all.map(({ type }) => type))].filter(Boolean).toSorted(), [all]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter(
      (event) =>
        (wanted === undefined || event.severity === wanted) &&
        (!type || event.type === type) &&
        (!subject || event.subject?.id === subject) &&
        (words.length === 0 || matches(event, words)),
    );
  }, [all, search, wanted, type, subject]);
  const subjectName = all.find(({ subject: found }) => found?.id === subject)?.subject?.name || subject;
  const close = useCallback(() => setChosen(""), [setChosen]);
  const opened = all.find(({ id }) => id === chosen);

  return (
    <Page title={s.title} subtitle={s.count(shown.length)}>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
        <FilterSelect
          label={s.columns.severity}
          all={s.allSeverities}
          value={severity}
          onChange={setSeverity}
          options={Object.values(eventSeverities).map(({ name, label }) => [name, label])}
        />
        <FilterSelect
          label={s.columns.type}
          all={s.allTypes}
          value={type}
          onChange={setType}
          options={types.map((type) => [type, type])}
        />
        {subject && (
          <FilterSelect
            label={s.columns.subject}
            all={s.anySubject}
            value={subject}
            onChange={setSubject}
            options={[[subject, s.subject(subjectName)]]}
          />
        )}
      </Filters>
      <div className="flex min-h-0 grow">
        <div className="flex min-w-0 grow flex-col">
          {older.problem && <QueryProblem problem={older.problem} retry={older.reload} />}
          {!older.rows && older.loading && shown.length === 0 ? (
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
                all.length === 0 && !severity && !type && !subject ? (
                  <EmptyList view="event.view" icon={<Activity size={32} />} title={s.none} text={s.noneText} />
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
        {opened && <EventPanel event={opened} onClose={close} onSubject={setSubject} />}
      </div>
    </Page>
  );
}

const c = s.columns;
const columns: Column<Event>[] = [
  // Ids are in the order of time (UUIDv7).
  { id: "at", title: c.at, width: "15rem", key: ({ id }) => id, cell: ({ createdAt }) => <At at={createdAt} /> },
  {
    id: "severity",
    title: c.severity,
    width: "8rem",
    key: ({ severity }) => severity,
    cell: ({ severity }) => <StateDot {...eventSeverities[severity]} />,
  },
  { id: "type", title: c.type, width: "7rem", key: ({ type }) => type, cell: ({ type }) => type },
  {
    id: "message",
    title: c.message,
    width: "minmax(16rem,3fr)",
    key: ({ message }) => message,
    cell: ({ message }) => <span className="block truncate first-letter:uppercase">{message}</span>,
  },
  {
    id: "subject",
    title: c.subject,
    width: "minmax(9rem,1fr)",
    key: ({ subject }) => subject?.name ?? "",
    cell: ({ subject }) => <ObjectLink object={subject} />,
  },
  { id: "user", title: c.user, width: "7rem", key: ({ user }) => user, cell: ({ user }) => user },
];

function matches({ message, subject, user, type }: Event, words: string[]): boolean {
  const text = `${message} ${subject?.name} ${user} ${type}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
