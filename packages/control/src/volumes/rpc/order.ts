import { create } from "@bufbuild/protobuf";
import { VolumeTaskResponseSchema, type Task, type Volume, type VolumeTaskResponse } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { recordEvent } from "../../events/event.ts";
import type { Call } from "../../rpc/call.ts";
import type { Transaction } from "../../store/database.ts";
import { openTask } from "../../tasks/task.ts";
import { volumeRef } from "../volume.ts";

/** The answer to a change of a volume that a host carries out, with its task and event. */
export function orderVolume(
  tx: Transaction,
  order: {
    clock: Clock;
    call: Call;
    request: { dryRun: boolean };
    volume: Volume;
    kind: string;
    /** "is to be made" */
    what: string;
    cancellable?: boolean;
  },
): VolumeTaskResponse {
  const { clock, call, volume, kind, cancellable = false } = order;
  const target = volumeRef(volume);
  const task = openTask(tx, { clock, call, kind, target, generation: volume.generation, cancellable });
  const message = `volume ${volume.name} ${order.what}`;
  recordEvent(tx, { clock, call, type: "storage", message, subject: target, taskId: task.id });
  return volumeResponse(volume, order.request.dryRun ? undefined : task);
}

export function volumeResponse(volume: Volume, task?: Task): VolumeTaskResponse {
  return create(VolumeTaskResponseSchema, { volume, ...(task ? { task } : {}) });
}
