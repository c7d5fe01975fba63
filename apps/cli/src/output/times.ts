import type { Timestamp } from "@bufbuild/protobuf/wkt";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { systemClock } from "@limiquantix/kit";
import { formatAge } from "../values/duration.ts";

/** `3h`; empty where there is no time. */
export function age(time: Timestamp | undefined): string {
  return time ? formatAge(timestampMs(time), systemClock.now()) : "";
}

/** `2026-11-22 14:03:09` in local time; empty where there is no time. */
export function moment(time: Timestamp | undefined): string {
  return time ? new Date(timestampMs(time)).toLocaleString("sv-SE") : "";
}
