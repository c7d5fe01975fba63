import { timestampDate } from "@bufbuild/protobuf/wkt";
import { SnapshotScheduleService, type Problem, type SnapshotSchedule } from "@limiquantix/api";
import { useMemo } from "react";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { zoneOf } from "./schedule-words.ts";

const s = strings.schedules.form;

/** When a pattern comes next, as the server reckons; what is wrong with it instead. */
export function useInstants(cron: string, timeZone: string, key = ""): { dates: Date[]; problem: Problem | undefined } {
  const client = useClient(SnapshotScheduleService);
  const { data, problem } = useQuery(`${cron}\n${timeZone}\n${key}`, (signal) =>
    client.previewSnapshotSchedule({ cron, timeZone }, { signal }),
  );
  const dates = useMemo(() => (data?.instants ?? []).map(timestampDate), [data]);
  return { dates: problem ? [] : dates, problem };
}

/** By the clocks of the zone that was chosen, whatever the reader's own is. */
export function InstantList({ dates, timeZone }: { dates: readonly Date[]; timeZone: string }) {
  const format = useMemo(() => {
    const look = { weekday: "short", day: "numeric", month: "short", year: "numeric" } as const;
    return new Intl.DateTimeFormat(undefined, {
      ...look,
      hour: "2-digit",
      minute: "2-digit",
      timeZone,
      timeZoneName: "short",
    });
  }, [timeZone]);
  if (dates.length === 0) return <p className="text-muted">{s.previewWait}</p>;
  return (
    <ul className="flex flex-col gap-0.5 tabular-nums">
      {dates.map((date) => (
        <li key={date.toISOString()}>
          <time dateTime={date.toISOString()}>{format.format(date)}</time>
        </li>
      ))}
    </ul>
  );
}

/** Of a schedule; asked for again when it has run. */
export function NextInstants({ schedule }: { schedule: SnapshotSchedule }) {
  const { spec, status } = schedule;
  const { dates } = useInstants(spec?.cron ?? "", spec?.timeZone ?? "", String(status?.nextRunAt?.seconds ?? ""));
  return <InstantList dates={dates} timeZone={zoneOf(spec)} />;
}
