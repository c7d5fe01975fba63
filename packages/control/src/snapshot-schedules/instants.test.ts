import { fromConnectError } from "@limiquantix/api";
import { expect, test } from "vitest";
import { catchUp, checkTimetable, nextInstant, nextInstants } from "./instants.ts";

const berlin = (cron: string) => ({ cron, timeZone: "Europe/Berlin" });
const utc = (cron: string) => ({ cron, timeZone: "" });
const iso = (instants: readonly number[]) => instants.map((instant) => new Date(instant).toISOString().slice(0, 16));
const at = (text: string) => Date.parse(`${text}Z`);

test("a time of day keeps to the zone's clocks when they go forward, and comes behind the gap that it falls into", () => {
  const before = at("2026-03-28T00:00");
  // 02:00 to 03:00 is left out on March 29: the first minute behind it is 03:00, 01:00 UTC.
  expect(iso(nextInstants(berlin("30 2 * * *"), before, 3))).toEqual([
    "2026-03-28T01:30",
    "2026-03-29T01:00",
    "2026-03-30T00:30",
  ]);
  expect(iso(nextInstants(berlin("0 4 * * *"), before, 3))).toEqual([
    "2026-03-28T03:00",
    "2026-03-29T02:00",
    "2026-03-30T02:00",
  ]);
  expect(iso(nextInstants(berlin("30 2,14 * * *"), at("2026-03-28T20:00"), 3))).toEqual([
    "2026-03-29T01:00",
    "2026-03-29T12:30",
    "2026-03-30T00:30",
  ]);
});

test("a time of day that there is twice comes once", () => {
  // 03:00 summer time is 02:00 again on October 25: 02:30 is at 00:30 and at 01:30 UTC.
  expect(iso(nextInstants(berlin("30 2 * * *"), at("2026-10-24T12:00"), 2))).toEqual([
    "2026-10-25T00:30",
    "2026-10-26T01:30",
  ]);
  // Also for who asks between the two.
  expect(iso(nextInstants(berlin("30 2 * * *"), at("2026-10-25T00:30"), 1))).toEqual(["2026-10-26T01:30"]);
  expect(iso(nextInstants(berlin("30 2 * * *"), at("2026-10-25T00:45"), 1))).toEqual(["2026-10-26T01:30"]);
});

test("what comes every so often comes in every hour that there is", () => {
  expect(iso(nextInstants(berlin("0 * * * *"), at("2026-10-24T23:30"), 4))).toEqual([
    "2026-10-25T00:00",
    "2026-10-25T01:00",
    "2026-10-25T02:00",
    "2026-10-25T03:00",
  ]);
  expect(iso(nextInstants(berlin("*/30 * * * *"), at("2026-03-29T00:15"), 3))).toEqual([
    "2026-03-29T00:30",
    "2026-03-29T01:00",
    "2026-03-29T01:30",
  ]);
});

test("the next instant is behind the one asked from, to the millisecond", () => {
  const noon = at("2026-05-01T12:00");
  expect(nextInstant(utc("0 12 * * *"), noon - 1)).toBe(noon);
  expect(nextInstant(utc("0 12 * * *"), noon)).toBe(noon + 86400_000);
  expect(nextInstant(utc("0 12 * * *"), noon + 1)).toBe(noon + 86400_000);
  expect(nextInstant(utc("* * * * *"), noon + 500)).toBe(noon + 60_000);
});

test("of instants that have passed the newest is to be run, and the others are counted", () => {
  const daily = utc("0 2 * * *");
  const due = at("2026-05-01T02:00");
  expect(catchUp(daily, { due, now: due + 10, countsAtMost: 200 })).toEqual({ instant: due, missed: 0 });
  expect(catchUp(daily, { due, now: due + 23 * 3600_000, countsAtMost: 200 })).toEqual({ instant: due, missed: 0 });
  expect(catchUp(daily, { due, now: at("2026-05-08T01:59"), countsAtMost: 200 })).toEqual({
    instant: at("2026-05-07T02:00"),
    missed: 6,
  });
  expect(catchUp(utc("* * * * *"), { due, now: at("2026-06-01T02:00"), countsAtMost: 200 })).toEqual({
    instant: at("2026-06-01T02:00"),
    missed: 200,
  });
  expect(catchUp(utc("0 2 * * 1"), { due, now: at("2036-05-08T01:59"), countsAtMost: 10 })).toEqual({
    instant: at("2036-05-05T02:00"),
    missed: 10,
  });
});

test.each([
  ["* * * *", "", "spec.cron"],
  ["0 0 2 * * *", "", "spec.cron"],
  ["@daily", "", "spec.cron"],
  ["61 * * * *", "", "spec.cron"],
  ["a b c d e", "", "spec.cron"],
  ["0 0 30 2 *", "", "spec.cron"],
  ["", "", "spec.cron"],
  ["0 2 * * *", "Mars/Olympus", "spec.timeZone"],
])("%s in %s is refused by its field", (cron, timeZone, field) => {
  let refused: unknown;
  try {
    checkTimetable({ cron, timeZone }, at("2026-01-01T00:00"));
  } catch (error) {
    refused = error;
  }
  expect(fromConnectError(refused).fields.map((violation) => violation.field)).toEqual([field]);
});
