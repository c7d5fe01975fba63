import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  SnapshotScheduleSchema,
  SnapshotScheduleSpecSchema,
  type CreateSnapshotScheduleRequest,
  type SnapshotSchedule,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { recordEvent } from "../../events/event.ts";
import { getProject } from "../../projects/project.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { schedules } from "../../tables.ts";
import type { ScheduleServiceParts } from "../parts.ts";
import { checkSpec, checkVms, plan, refuseTakenName, scheduleRef, specOf } from "../schedule.ts";

/** Throws NAME_TAKEN, INVALID_REQUEST by the field, PRIVILEGE_MISSING for who may take no snapshots in the project. */
export function createSchedule(
  parts: ScheduleServiceParts,
  request: CreateSnapshotScheduleRequest,
  call: Call,
): Promise<SnapshotSchedule> {
  const { clock } = parts;
  const mutation = { method: "SnapshotScheduleService.CreateSnapshotSchedule", request };
  return mutate(parts, call, { ...mutation, response: SnapshotScheduleSchema }, (tx) => {
    const project = getProject(tx, request.projectId);
    call.access.require("vm.snapshot", { kind: "project", id: project.id });
    const now = timestampFromMs(clock.now());
    const { name, description, labels } = request;
    const schedule = create(SnapshotScheduleSchema, {
      id: newId(),
      name,
      description,
      labels,
      projectId: project.id,
      generation: 1n,
      createdAt: now,
      updatedAt: now,
      createdBy: call.principal.name,
      spec: clone(SnapshotScheduleSpecSchema, request.spec ?? create(SnapshotScheduleSpecSchema)),
    });
    checkSpec(specOf(schedule), clock.now());
    checkVms(tx, schedule, specOf(schedule).vmIds);
    refuseTakenName(tx, schedule);
    plan(schedule, clock.now());
    tx.insert(schedules, schedule);
    const message = `snapshot schedule ${name} was created`;
    recordEvent(tx, { clock, call, type: "snapshot", message, subject: scheduleRef(schedule) });
    return schedule;
  });
}
