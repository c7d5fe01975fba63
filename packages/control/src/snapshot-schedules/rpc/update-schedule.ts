import { create, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  invalid,
  SnapshotScheduleSchema,
  SnapshotScheduleSpecSchema,
  type SnapshotSchedule,
  type UpdateSnapshotScheduleRequest,
} from "@limiquantix/api";
import { recordEvent } from "../../events/event.ts";
import { applyMask } from "../../field-mask.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { ScheduleServiceParts } from "../parts.ts";
import {
  changeSchedule,
  checkSpec,
  checkVms,
  getSchedule,
  plan,
  refuseTakenName,
  scheduleRef,
  specOf,
} from "../schedule.ts";

const own = ["name", "description", "labels"];

/**
 * Changes what the mask names; what has begun goes on by what is then. Throws NAME_TAKEN, REVISION_CONFLICT, INVALID_REQUEST by
 * the field, and PRIVILEGE_MISSING for who may take no snapshots in the project.
 */
export function updateSchedule(
  parts: ScheduleServiceParts,
  request: UpdateSnapshotScheduleRequest,
  call: Call,
): Promise<SnapshotSchedule> {
  const { clock } = parts;
  const paths = request.updateMask?.paths ?? [];
  checkPaths(request, paths);
  const specPaths = paths.filter((path) => !own.includes(path));
  const mutation = { method: "SnapshotScheduleService.UpdateSnapshotSchedule", request };
  return mutate(parts, call, { ...mutation, response: SnapshotScheduleSchema }, (tx) => {
    const before = getSchedule(tx, request.id);
    call.access.require("vm.snapshot", { kind: "project", id: before.projectId });
    checkRevision("schedule", before, request.revision);
    const current = specOf(before);
    const asked = request.spec ?? create(SnapshotScheduleSpecSchema);
    const spec = applyMask(SnapshotScheduleSpecSchema, { root: "spec", current, asked }, specPaths);
    checkSpec(spec, clock.now());
    // Those that it has may be gone by now; that is said when it runs.
    const added = spec.vmIds.filter((id) => !current.vmIds.includes(id));
    checkVms(tx, before, added);
    const schedule = changeSchedule(tx, before.id, (copy) => {
      if (paths.includes("name")) copy.name = request.name;
      if (paths.includes("description")) copy.description = request.description;
      if (paths.includes("labels")) copy.labels = { ...request.labels };
      if (!equals(SnapshotScheduleSpecSchema, current, spec)) copy.generation += 1n;
      copy.spec = spec;
      const { cron, timeZone, isEnabled } = current;
      if (cron !== spec.cron || timeZone !== spec.timeZone || isEnabled !== spec.isEnabled) plan(copy, clock.now());
      copy.updatedAt = timestampFromMs(clock.now());
    });
    refuseTakenName(tx, schedule);
    const message = `snapshot schedule ${schedule.name} was changed: ${paths.join(", ")}`;
    recordEvent(tx, { clock, call, type: "snapshot", message, subject: scheduleRef(schedule) });
    return schedule;
  });
}

function checkPaths({ name }: UpdateSnapshotScheduleRequest, paths: readonly string[]): void {
  const refuse = (message: string) => invalid([{ field: "updateMask", message }]);
  if (paths.length === 0) throw refuse("names nothing to change");
  const unknown = paths.filter((path) => !own.includes(path) && path !== "spec" && !path.startsWith("spec."));
  if (unknown.length > 0) throw refuse(`${unknown.join(", ")} cannot be changed`);
  if (paths.includes("name") && name === "") throw invalid([{ field: "name", message: "is empty" }]);
}
