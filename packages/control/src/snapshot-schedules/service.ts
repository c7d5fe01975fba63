import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  ListSnapshotSchedulesResponseSchema,
  PreviewSnapshotScheduleResponseSchema,
  SnapshotScheduleUpdateSchema,
  type ListSnapshotSchedulesRequest,
  type PreviewSnapshotScheduleRequest,
  type SnapshotScheduleService,
  type WatchSnapshotSchedulesRequest,
} from "@limiquantix/api";
import { Inventory } from "../access/inventory.ts";
import type { Call } from "../rpc/call.ts";
import { callOf } from "../rpc/context.ts";
import { pageOf } from "../rpc/page.ts";
import { schedules } from "../tables.ts";
import { watchTable } from "../watch/watch-table.ts";
import { checkTimetable, nextInstants } from "./instants.ts";
import { createSchedule } from "./rpc/create-schedule.ts";
import { deleteSchedule } from "./rpc/delete-schedule.ts";
import { runSchedule } from "./rpc/run-schedule.ts";
import { updateSchedule } from "./rpc/update-schedule.ts";
import { getSchedule } from "./schedule.ts";
import type { ScheduleServiceParts } from "./parts.ts";

const defaultInstants = 5;

export function snapshotScheduleService(parts: ScheduleServiceParts) {
  return {
    createSnapshotSchedule: (request, context) => createSchedule(parts, request, callOf(context)),
    getSnapshotSchedule: ({ id }) => getSchedule(parts.db, id),
    listSnapshotSchedules: (request, context) => listSchedules(parts, request, callOf(context)),
    updateSnapshotSchedule: (request, context) => updateSchedule(parts, request, callOf(context)),
    deleteSnapshotSchedule: (request, context) => deleteSchedule(parts, request, callOf(context)),
    runSnapshotSchedule: (request, context) => runSchedule(parts, request, callOf(context)),
    previewSnapshotSchedule: (request) => previewSchedule(parts, request),
    watchSnapshotSchedules: (request, context) => watchSchedules(parts, request, callOf(context)),
  } satisfies ServiceImpl<typeof SnapshotScheduleService>;
}

function listSchedules({ db }: ScheduleServiceParts, request: ListSnapshotSchedulesRequest, { access }: Call) {
  const visible = access.sees("schedule", "schedule.view");
  const projectId = idOfProject(db, request.projectId);
  const rows = projectId ? db.by(schedules, "project", projectId) : [...db.all(schedules)];
  const { items, nextPageToken, totalCount } = pageOf(rows.filter(visible), request);
  return create(ListSnapshotSchedulesResponseSchema, { schedules: items, nextPageToken, totalCount });
}

function previewSchedule({ clock }: ScheduleServiceParts, { cron, timeZone, count }: PreviewSnapshotScheduleRequest) {
  const timetable = { cron, timeZone };
  const now = clock.now();
  checkTimetable(timetable, now);
  const instants = nextInstants(timetable, now, count || defaultInstants).map((at) => timestampFromMs(at));
  return create(PreviewSnapshotScheduleResponseSchema, { instants });
}

async function* watchSchedules(
  { db }: ScheduleServiceParts,
  request: WatchSnapshotSchedulesRequest,
  { access, signal }: Call,
) {
  const projectId = idOfProject(db, request.projectId);
  const updates = watchTable(db, schedules, {
    matches: (schedule) => !projectId || schedule.projectId === projectId,
    from: Number(request.fromRevision),
    signal,
    access,
    visible: access.sees("schedule", "schedule.view"),
  });
  for await (const { type, row, revision } of updates) {
    const schedule = row ? { schedule: row } : {};
    yield create(SnapshotScheduleUpdateSchema, { type, ...schedule, revision: BigInt(revision) });
  }
}

/** By id or name; empty: every project's. */
function idOfProject(db: ScheduleServiceParts["db"], idOrName: string): string {
  return idOrName && (new Inventory(db).find("project", idOrName)?.id ?? idOrName);
}
