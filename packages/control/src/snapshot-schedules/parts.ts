import type { Clock } from "@limiquantix/kit";
import type { Database } from "../store/database.ts";

/** What the RPCs on snapshot schedules are made of. */
export interface ScheduleServiceParts {
  db: Database;
  clock: Clock;
}
