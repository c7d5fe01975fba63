import { clone, create, equals } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  invalid,
  problem,
  Reason,
  SnapshotScheduleSchema,
  SnapshotScheduleSpecSchema,
  SnapshotScheduleStatusSchema,
  type SnapshotSchedule,
  type SnapshotScheduleSpec,
  type SnapshotScheduleStatus,
  type VirtualMachine,
} from "@limiquantix/api";
import { notFound } from "../access/access.ts";
import type { Subject } from "../events/event.ts";
import type { Database, Transaction } from "../store/database.ts";
import { schedules, vms } from "../tables.ts";
import { checkTimetable, nextInstant } from "./instants.ts";

/*
 * A run, from its instant on. Its rows (scheduledSnapshots, one for each VM) are written with the note in the schedule that
 * it began, and each is taken away with the note of what came of it:
 *
 *   due ──▶ to ask ──a slot is free──▶ being taken ──▶ done ──▶ (counted in status.last_run; older ones may go)
 *             │ ▲ └──refused, gone──────────────────────▲
 *             └─┘ the VM is busy: a few times more
 */

/** Throws NOT_FOUND as for one that is hidden. */
export function getSchedule(tx: Pick<Transaction, "find">, id: string): SnapshotSchedule {
  const schedule = tx.find(schedules, id);
  if (!schedule) throw notFound({ kind: "schedule", id });
  return schedule;
}

/** Nothing is written where nothing changes. */
export function changeSchedule(
  tx: Transaction,
  id: string,
  change: (schedule: SnapshotSchedule) => void,
): SnapshotSchedule {
  const before = tx.get(schedules, id);
  const after = clone(SnapshotScheduleSchema, before);
  change(after);
  if (equals(SnapshotScheduleSchema, before, after)) return before;
  return tx.update(schedules, id, (copy) => void Object.assign(copy, after));
}

export function specOf({ spec }: SnapshotSchedule): SnapshotScheduleSpec {
  return spec ?? create(SnapshotScheduleSpecSchema);
}

/** The status of a row that is about to be changed. */
export function statusOf(schedule: SnapshotSchedule): SnapshotScheduleStatus {
  return (schedule.status ??= create(SnapshotScheduleStatusSchema));
}

export function scheduleRef({ id, name, projectId }: SnapshotSchedule): Subject {
  return { kind: "schedule", id, name, projectId };
}

/** Sets when it is to run next, from now on. */
export function plan(schedule: SnapshotSchedule, now: number): void {
  const spec = specOf(schedule);
  const next = spec.isEnabled ? nextInstant(spec, now) : undefined;
  statusOf(schedule).nextRunAt = next === undefined ? undefined : timestampFromMs(next);
}

/** Throws INVALID_REQUEST for a time that never comes, and for nobody to take snapshots of. */
export function checkSpec(spec: SnapshotScheduleSpec, now: number): void {
  checkTimetable(spec, now);
  const { vmIds, labelSelector, allVms } = spec;
  const isNobody = vmIds.length === 0 && Object.keys(labelSelector).length === 0 && !allVms;
  if (isNobody) {
    const message = "name VMs, labels that they must have, or all VMs of the project";
    throw invalid([{ field: "spec.vmIds", message }]);
  }
}

/** Throws INVALID_REQUEST for a VM that is none of the project's. */
export function checkVms(tx: Pick<Transaction, "find">, schedule: SnapshotSchedule, vmIds: readonly string[]): void {
  for (const id of vmIds) {
    const vm = tx.find(vms, id);
    if (vm?.isManaged && vm.projectId === schedule.projectId) continue;
    throw invalid([{ field: "spec.vmIds", message: `${id} is no VM of the schedule's project` }]);
  }
}

/** Throws NAME_TAKEN. */
export function refuseTakenName(tx: Pick<Transaction, "by">, { id, name, projectId }: SnapshotSchedule): void {
  const taken = tx.by(schedules, "project", projectId).some((other) => other.name === name && other.id !== id);
  if (taken) throw problem(Reason.NAME_TAKEN, { kind: "schedule", name });
}

/** The VMs that it is for now, and the ids that it names of VMs that are gone. */
export function vmsOf(
  db: Pick<Database, "find" | "by">,
  schedule: SnapshotSchedule,
): { found: VirtualMachine[]; gone: string[] } {
  const { vmIds, labelSelector, allVms } = specOf(schedule);
  const labels = Object.entries(labelSelector);
  const named = new Set(vmIds);
  const isMeant = (vm: VirtualMachine) =>
    named.has(vm.id) ||
    (!vm.isTemplate && (allVms || (labels.length > 0 && labels.every(([key, value]) => vm.labels[key] === value))));
  const own = db.by(vms, "project", schedule.projectId);
  const found = own.filter((vm) => vm.isManaged && !vm.deletion && isMeant(vm));
  const there = new Set(found.map(({ id }) => id));
  return { found, gone: vmIds.filter((id) => !there.has(id)) };
}

/** `daily-2026-11-23T02:00:00Z` */
export function snapshotName({ name }: SnapshotSchedule, instantMs: number): string {
  return `${name}-${new Date(instantMs).toISOString().slice(0, 19)}Z`;
}
