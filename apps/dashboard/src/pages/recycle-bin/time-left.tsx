import { timestampDate, type Timestamp } from "@bufbuild/protobuf/wkt";
import { strings } from "../../strings/index.ts";
import { useNow } from "../../ui/time.tsx";

const s = strings.recycleBin;
const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];

/** How long something can still be brought back; the exact end under the pointer. */
export function TimeLeft({ until }: { until: Timestamp | undefined }) {
  const now = useNow();
  if (!until) return null;
  const end = timestampDate(until);
  const left = end.getTime() - now;
  return (
    <time
      dateTime={end.toISOString()}
      title={end.toLocaleString()}
      className={`whitespace-nowrap tabular-nums ${left < hourMs ? "text-warn" : ""}`}
    >
      {leftWords(left)}
    </time>
  );
}

function leftWords(ms: number): string {
  if (ms < minuteMs) return s.due;
  if (ms < 2 * hourMs) return s.inMinutes(Math.floor(ms / minuteMs));
  return ms < 2 * dayMs ? s.inHours(Math.floor(ms / hourMs)) : s.inDays(Math.floor(ms / dayMs));
}
