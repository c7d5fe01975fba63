import { create } from "@bufbuild/protobuf";
import { ImageCopySchema, ImageStatus_Phase, Reason, type Image, type Problem } from "@limiquantix/api";
import type { ImageInfo } from "@limiquantix/api/daemon";
import { formatBytes, type Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { Transaction } from "../store/database.ts";
import { images } from "../tables.ts";
import { endTask, openTasksOf } from "../tasks/task.ts";
import type { PoolPlace } from "./choose-pool.ts";
import { refOf, updateImageStatus } from "./image.ts";

/** The file is complete in a pool: the image is READY and its task done. */
export function imageArrived(
  tx: Transaction,
  clock: Clock,
  id: string,
  arrived: { info: ImageInfo; place: PoolPlace },
) {
  const { info, place } = arrived;
  const image = updateImageStatus(tx, clock, id, (status) => {
    status.phase = ImageStatus_Phase.READY;
    status.progressPercent = 100;
    status.format = info.format;
    status.sizeBytes = info.sizeBytes;
    status.virtualSizeBytes = info.virtualSizeBytes;
    status.sha256 = info.sha256;
    status.errorMessage = "";
    noteCopy(status.copies, place);
  });
  const message = `image ${image.name} is ready (${formatBytes(Number(info.sizeBytes))})`;
  endOpenTasks(tx, clock, image, message, { state: "SUCCEEDED" });
  return image;
}

/** The image will not become one: why is on record, in it and in its task. */
export function imageFailed(tx: Transaction, clock: Clock, id: string, problem: Problem): void {
  const found = tx.find(images, id);
  if (!found || found.deletedAt) return;
  const image = updateImageStatus(tx, clock, id, (status) => {
    status.phase = ImageStatus_Phase.ERROR;
    status.errorMessage = problem.message;
  });
  endOpenTasks(tx, clock, image, `image ${image.name}: ${problem.message}`, { state: "FAILED", problem });
}

export function endOpenTasks(
  tx: Transaction,
  clock: Clock,
  image: Image,
  message: string,
  end: Parameters<typeof endTask>[3],
): void {
  const open = openTasksOf(tx, image.id);
  for (const task of open) endTask(tx, clock, task.id, end);
  recordEvent(tx, {
    clock,
    type: "lifecycle",
    severity: end.state === "FAILED" ? "ERROR" : "INFO",
    message,
    subject: refOf(image),
    taskId: open[0]?.id ?? "",
  });
}

export function noteCopy(copies: { nodeId: string; storagePoolId: string }[], place: PoolPlace): void {
  if (copies.some((copy) => copy.nodeId === place.nodeId && copy.storagePoolId === place.poolId)) return;
  copies.push(create(ImageCopySchema, { nodeId: place.nodeId, storagePoolId: place.poolId }));
}

/** Failures that may pass by themselves: the host or the way to it. */
export function isPassing(problem: Problem): boolean {
  return passing.has(problem.reason);
}

const passing: ReadonlySet<Reason> = new Set([
  Reason.UNAVAILABLE,
  Reason.NODE_UNREACHABLE,
  Reason.POOL_UNAVAILABLE,
  Reason.DEADLINE_EXCEEDED,
  Reason.CANCELLED,
]);
