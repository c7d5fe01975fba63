import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { SnapshotSchema, type Snapshot } from "@limiquantix/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { expired } from "./retention.ts";

const hourMs = 3600_000;
const now = Date.UTC(2026, 5, 1);

function takenHoursAgo(...hours: number[]): Snapshot[] {
  return hours.map((ago) =>
    create(SnapshotSchema, { id: String(ago), createdAt: timestampFromMs(now - ago * hourMs) }),
  );
}

function gone(snapshots: readonly Snapshot[], limits: { keepLast: number; keepForHours: number }): string[] {
  return expired(snapshots, limits, now).map(({ id }) => id);
}

test("a snapshot goes only when no limit that is set keeps it", () => {
  const all = takenHoursAgo(1, 25, 49, 73);
  expect(gone(all, { keepLast: 0, keepForHours: 0 })).toEqual([]);
  expect(gone(all, { keepLast: 2, keepForHours: 0 })).toEqual(["49", "73"]);
  expect(gone(all, { keepLast: 0, keepForHours: 48 })).toEqual(["49", "73"]);
  expect(gone(all, { keepLast: 1, keepForHours: 48 })).toEqual(["49", "73"]);
  expect(gone(all, { keepLast: 3, keepForHours: 24 })).toEqual(["73"]);
  // The newest stays, however old.
  expect(gone(takenHoursAgo(73, 49), { keepLast: 0, keepForHours: 24 })).toEqual(["73"]);
});

test("whatever the limits and the order, what goes is older than all that a limit keeps, and nothing goes twice", () => {
  const hours = fc.uniqueArray(fc.integer({ min: 0, max: 2000 }), { maxLength: 60 });
  const limits = fc.record({ keepLast: fc.nat({ max: 60 }), keepForHours: fc.nat({ max: 2000 }) });
  fc.assert(
    fc.property(hours, limits, (ages, limit) => {
      const all = takenHoursAgo(...ages);
      const going = expired(all, limit, now);
      const staying = all.filter((snapshot) => !going.includes(snapshot));
      const age = ({ createdAt }: Snapshot) => (now - (createdAt ? timestampMs(createdAt) : 0)) / hourMs;
      const youngest = Math.min(...all.map(age));
      if (limit.keepLast + limit.keepForHours === 0) expect(going).toEqual([]);
      // Neither limit is broken.
      expect(staying.length).toBeGreaterThanOrEqual(Math.min(all.length, Math.max(1, limit.keepLast)));
      for (const snapshot of going) {
        expect(age(snapshot)).toBeGreaterThanOrEqual(limit.keepForHours);
        expect(age(snapshot)).toBeGreaterThan(youngest);
        // The oldest go first.
        expect(staying.every((kept) => age(kept) < age(snapshot))).toBe(true);
      }
      // And nothing stays that both let go.
      if (limit.keepLast > 0 && staying.length > limit.keepLast && limit.keepForHours > 0) {
        const surplus = staying.toSorted((a, b) => age(a) - age(b)).slice(limit.keepLast);
        expect(surplus.every((snapshot) => age(snapshot) < limit.keepForHours)).toBe(true);
      }
      expect(expired(staying, limit, now)).toEqual([]);
    }),
  );
});
