import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Snapshot, SnapshotScheduleSpec } from "@limiquantix/api";

const hourMs = 3600_000;

/**
 * Which of a schedule's snapshots of one VM its limits let go: those that no limit keeps. The newest always stays. Pure.
 */
export function expired(
  snapshots: readonly Snapshot[],
  { keepLast, keepForHours }: Pick<SnapshotScheduleSpec, "keepLast" | "keepForHours">,
  now: number,
): Snapshot[] {
  if (keepLast === 0 && keepForHours === 0) return [];
  return newestFirst(snapshots).filter((snapshot, index) => {
    const isKeptByCount = index < Math.max(1, keepLast);
    const isKeptByAge = keepForHours > 0 && now - takenAt(snapshot) < keepForHours * hourMs;
    return !isKeptByCount && !isKeptByAge;
  });
}

function newestFirst(snapshots: readonly Snapshot[]): Snapshot[] {
  return snapshots.toSorted((a, b) => takenAt(b) - takenAt(a) || (a.id < b.id ? 1 : -1));
}

function takenAt({ createdAt }: Snapshot): number {
  return createdAt ? timestampMs(createdAt) : 0;
}
