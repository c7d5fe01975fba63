import { invalid } from "@limiquantix/api";
import { Cron } from "croner";

/*
 * When a schedule's time comes, and nothing else: the cron library reads patterns and calendars, and gets no timer.
 *
 * Where the clocks change, a time of day that is given as such (lists and ranges too) comes once: one that is left out
 * comes at the first minute behind the gap, one that there is twice comes the first time. What goes by a wildcard or a step
 * ("every 15 minutes") leaves the gap out, and comes in both of two hours that are called alike.
 */
export interface Timetable {
  cron: string;
  /** IANA; empty: UTC. */
  timeZone: string;
}

/** How far back is looked, to find an instant without going through all since the year one. */
const looksBackMs = [3600_000, 24 * 3600_000, 32 * 24 * 3600_000, 367 * 24 * 3600_000, 9 * 366 * 24 * 3600_000];

/** Throws INVALID_REQUEST for what is no five-field cron pattern, never comes, or is in no known time zone. */
export function checkTimetable(timetable: Timetable, now: number): void {
  const { cron, timeZone } = timetable;
  if (!isTimeZone(timeZone)) {
    const message = `${timeZone} is no known time zone: give one as Europe/Berlin`;
    throw invalid([{ field: "spec.timeZone", message }]);
  }
  if (cron.trim().split(/\s+/).length !== 5) {
    const message = "must have five fields: minute, hour, day of the month, month, day of the week";
    throw invalid([{ field: "spec.cron", message }]);
  }
  const wrong = (why: string) => invalid([{ field: "spec.cron", message: `is no cron pattern: ${why}` }]);
  let next: number | undefined;
  try {
    next = nextInstant(timetable, now);
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  if (next === undefined) throw wrong("its time never comes");
}

/** The first instant behind `after`, in milliseconds since the epoch; undefined: there is none. */
export function nextInstant(timetable: Timetable, after: number): number | undefined {
  return patternOf(timetable).nextRun(new Date(after))?.getTime();
}

/** The next `count` instants behind `after`. */
export function nextInstants(timetable: Timetable, after: number, count: number): number[] {
  const pattern = patternOf(timetable);
  const instants: number[] = [];
  for (let at = after; instants.length < count;) {
    const next = pattern.nextRun(new Date(at))?.getTime();
    if (next === undefined) break;
    instants.push((at = next));
  }
  return instants;
}

/**
 * What to do at `now` when `due` was the next instant: the newest that has come, and how many before it have passed (at most
 * `countsAtMost`).
 */
export function catchUp(
  timetable: Timetable,
  { due, now, countsAtMost }: { due: number; now: number; countsAtMost: number },
): { instant: number; missed: number } {
  const passed = nextInstantsUpTo(timetable, due, now, countsAtMost);
  if (passed.length < countsAtMost) return { instant: passed.at(-1) ?? due, missed: passed.length };
  return { instant: newestUpTo(timetable, now) ?? due, missed: countsAtMost };
}

function newestUpTo(timetable: Timetable, now: number): number | undefined {
  for (const back of looksBackMs) {
    const newest = nextInstantsUpTo(timetable, now - back, now, Number.POSITIVE_INFINITY).at(-1);
    if (newest !== undefined) return newest;
  }
  return undefined;
}

function nextInstantsUpTo(timetable: Timetable, after: number, end: number, most: number): number[] {
  const pattern = patternOf(timetable);
  const instants: number[] = [];
  for (let at = after; instants.length < most;) {
    const next = pattern.nextRun(new Date(at))?.getTime();
    if (next === undefined || next > end) break;
    instants.push((at = next));
  }
  return instants;
}

function patternOf({ cron, timeZone }: Timetable): Cron {
  const timezone = timeZone || "UTC";
  return new Cron(cron.trim(), { timezone, mode: "5-part", fixedTimeRule: "no-wildcard", paused: true });
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: timeZone || "UTC" }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
