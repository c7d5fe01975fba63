import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Clock } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";
import { events, tasks } from "../tables.ts";
import { isOpen } from "./task.ts";

const dayMs = 24 * 3600 * 1000;
const keepTasksMs = 7 * dayMs;
const keepEventsMs = 30 * dayMs;
/** Rows deleted in one transaction. */
const batch = 500;

/** Deletes tasks that ended a week ago and events of more than 30 days. */
export async function sweepHistory({ db, clock }: { db: Database; clock: Clock }): Promise<void> {
  const now = clock.now();
  const ended = [...db.all(tasks)]
    .filter((task) => !isOpen(task) && task.finishedAt && timestampMs(task.finishedAt) < now - keepTasksMs)
    .map(({ id }) => id);
  for (let i = 0; i < ended.length; i += batch) {
    await db.transact((tx) => {
      for (const id of ended.slice(i, i + batch)) if (tx.find(tasks, id)) tx.delete(tasks, id);
    });
  }
  for (;;) {
    // Oldest first: ids are in the order of time.
    const rows = await db.page(events, { limit: batch });
    const old = rows.filter(({ createdAt }) => !createdAt || timestampMs(createdAt) < now - keepEventsMs);
    if (old.length > 0) {
      await db.transact((tx) => {
        for (const { id } of old) tx.delete(events, id);
      });
    }
    if (old.length < batch) return;
  }
}
