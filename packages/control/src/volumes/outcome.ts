import { problem, Reason, VolumeStatus_Phase, type Problem, type Volume } from "@limiquantix/api";
import type { VolumeReport } from "@limiquantix/api/daemon";
import type { Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { Transaction } from "../store/database.ts";
import { volumes } from "../tables.ts";
import { endTask, openTasksOf } from "../tasks/task.ts";
import { changeVolume, deleteVolumeRow, freePhase, volumeRef, volumeStatus } from "./volume.ts";

/** A host has done what was wanted in `generation`. Answers the row as it is now. */
export function volumeDone(
  tx: Transaction,
  clock: Clock,
  done: { id: string; generation: bigint; report?: VolumeReport | undefined; moved?: boolean },
): void {
  const { id, generation, report } = done;
  if (!tx.find(volumes, id)) return;
  const volume = changeVolume(tx, clock, id, (copy) => {
    const status = volumeStatus(copy);
    status.observedGeneration = generation;
    status.errorMessage = "";
    if (done.moved) status.movingFromPoolId = "";
    if (report) Object.assign(status, { sizeBytes: report.sizeBytes, usedBytes: report.usedBytes });
    // A source that is larger makes it as large.
    if (copy.spec && report && report.sizeBytes > copy.spec.sizeBytes) copy.spec.sizeBytes = report.sizeBytes;
    if (!status.attachedVmId) status.phase = freePhase(copy, clock.now());
  });
  for (const task of openTasksOf(tx, id)) {
    if (task.targetGeneration <= generation && task.kind !== "volume.delete") {
      endTask(tx, clock, task.id, { state: "SUCCEEDED" });
    }
  }
  if (generation === 1n) tell(tx, clock, volume, `volume ${volume.name} is made`);
}

/**
 * What is wanted in this generation cannot be done: why is on record, and what is wanted becomes what is. One that could
 * not be made is in ERROR, to be deleted.
 */
export function volumeFailed(
  tx: Transaction,
  clock: Clock,
  failure: { id: string; generation: bigint; cause: Problem },
): void {
  const { id, generation, cause } = failure;
  const found = tx.find(volumes, id);
  if (!found || found.generation !== generation || found.deletedAt) return;
  const volume = changeVolume(tx, clock, id, (copy) => {
    const status = volumeStatus(copy);
    status.errorMessage = cause.message;
    if (status.observedGeneration === 0n) {
      status.phase = VolumeStatus_Phase.ERROR;
      return;
    }
    if (copy.spec && status.movingFromPoolId) copy.spec.storagePoolId = status.movingFromPoolId;
    if (copy.spec) copy.spec.sizeBytes = status.sizeBytes;
    Object.assign(status, { movingFromPoolId: "", observedGeneration: generation, phase: VolumeStatus_Phase.READY });
  });
  for (const task of openTasksOf(tx, id)) endTask(tx, clock, task.id, { state: "FAILED", problem: cause });
  tell(tx, clock, volume, `volume ${volume.name}: ${cause.message}`, "ERROR");
}

/** It is gone from its pool, or nobody will ever reach it. */
export function volumeGone(tx: Transaction, clock: Clock, id: string, options: { outOfReach: boolean }): void {
  const volume = tx.find(volumes, id);
  if (!volume || volume.status?.attachedVmId || !volume.deletedAt) return;
  for (const task of openTasksOf(tx, id)) {
    const well = task.kind === "volume.delete";
    const superseded = problem(Reason.SUPERSEDED, { by: "volume.delete" });
    const cancelled = task.cancelRequested ? problem(Reason.CANCELLED, { who: "a user" }) : superseded;
    endTask(tx, clock, task.id, well ? { state: "SUCCEEDED" } : { state: "CANCELLED", problem: cancelled });
  }
  const how = options.outOfReach ? "was forgotten: no host reaches it any more" : "was deleted";
  tell(tx, clock, volume, `volume ${volume.name} ${how}`, options.outOfReach ? "WARNING" : "INFO");
  deleteVolumeRow(tx, clock, volume);
}

function tell(
  tx: Transaction,
  clock: Clock,
  volume: Volume,
  message: string,
  severity: "INFO" | "WARNING" | "ERROR" = "INFO",
): void {
  const type = severity === "ERROR" ? "error" : "storage";
  recordEvent(tx, { clock, type, severity, message, subject: volumeRef(volume), nodeId: volume.status?.nodeId ?? "" });
}
