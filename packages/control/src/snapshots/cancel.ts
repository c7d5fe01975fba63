import { problem, Reason, Snapshot_Phase } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { Cancellers } from "../tasks/service.ts";
import { snapshots } from "../tables.ts";
import { undoSnapshot } from "./outcome.ts";

/** A snapshot that is called off while it is taken is removed; its task ends when nothing is left of it. */
export function snapshotCancellers(clock: Clock): Cancellers {
  return {
    "vm.snapshot"(tx, task, call) {
      const snapshot = tx.find(snapshots, task.subjectId);
      if (snapshot?.phase !== Snapshot_Phase.CREATING || !task.target) return;
      undoSnapshot(tx, clock, snapshot, problem(Reason.CANCELLED, { who: call.principal.name }));
      const { kind, id, name } = task.target;
      const subject = { kind, id, name, projectId: task.projectId };
      const message = `snapshot ${snapshot.name} of VM ${name} was cancelled`;
      recordEvent(tx, { clock, call, type: "snapshot", message, subject, taskId: task.id });
    },
  };
}
