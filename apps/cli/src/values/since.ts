import { timestampFromMs, type Timestamp } from "@bufbuild/protobuf/wkt";
import { systemClock } from "@limiquantix/kit";
import { UsageError } from "../usage-error.ts";
import { parseSeconds } from "./duration.ts";

/** `2h` ago, or a date that JavaScript reads (2026-11-22T14:00). */
export function parseSince(text: string): Timestamp {
  if (/^[0-9]+[smhd]$/.test(text)) return timestampFromMs(systemClock.now() - parseSeconds(text) * 1000);
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new UsageError(`${JSON.stringify(text)} is no time`, "Write 30m, 2h, 7d or 2026-11-22T14:00.");
  return timestampFromMs(at);
}
