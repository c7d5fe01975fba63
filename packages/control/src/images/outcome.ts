import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ImageCopySchema,
  ImageRequirementsSchema,
  ImageSpec_Format,
  ImageSpecSchema,
  ImageStatus_Phase,
  OsInfoSchema,
  Reason,
  type Image,
  type ImageCopy,
  type Problem,
} from "@limiquantix/api";
import type { ImageInfo } from "@limiquantix/api/daemon";
import { formatBytes, type Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { Transaction } from "../store/database.ts";
import { images } from "../tables.ts";
import { endTask, openTasksOf } from "../tasks/task.ts";
import type { PoolPlace } from "./choose-pool.ts";
import { refOf, updateImageStatus } from "./image.ts";
import { osByName } from "./os-name.ts";

/** The file is complete with its host: an image, or one that is to be converted first. */
export function imageArrived(
  tx: Transaction,
  clock: Clock,
  id: string,
  arrived: { info: ImageInfo; place: PoolPlace },
): Image {
  const { info, place } = arrived;
  if (!isImage(info)) {
    return updateImageStatus(tx, clock, id, (status) => {
      status.phase = ImageStatus_Phase.CONVERTING;
      status.progressPercent = 0;
      status.originalFormat = info.format;
    });
  }
  describe(tx, id, info);
  const image = updateImageStatus(tx, clock, id, (status) => {
    status.phase = ImageStatus_Phase.READY;
    status.progressPercent = 100;
    status.format = info.format;
    status.sizeBytes = info.sizeBytes;
    status.virtualSizeBytes = info.virtualSizeBytes;
    status.sha256 = info.sha256;
    status.originalFormat = info.originalFormat;
    status.content = info.content;
    status.errorMessage = "";
    noteCopy(status.copies, place);
  });
  const message = `image ${image.name} is ready (${formatBytes(Number(info.sizeBytes))})`;
  endOpenTasks(tx, clock, image, message, { state: "SUCCEEDED" });
  return image;
}

/** Hosts answer with another format what they have not converted yet. */
export function isImage({ format }: Pick<ImageInfo, "format">): boolean {
  return format === ImageSpec_Format.QCOW2 || format === ImageSpec_Format.RAW || format === ImageSpec_Format.ISO;
}

/** What nobody said about the image it may tell itself. */
function describe(tx: Transaction, id: string, { content, format }: ImageInfo): void {
  tx.update(images, id, (image) => {
    const spec = (image.spec ??= create(ImageSpecSchema));
    if (!spec.os?.family && !spec.os?.distribution) {
      const [path = ""] = (spec.source?.url ?? "").split(/[?#]/, 1);
      const hints = [
        content?.osName ?? "",
        content?.volumeLabel ?? "",
        path.slice(path.lastIndexOf("/") + 1),
        image.name,
      ];
      const found = osByName(hints);
      if (found)
        spec.os = create(OsInfoSchema, { ...found, architecture: spec.os?.architecture || found.architecture });
    }
    if (!spec.requirements && content?.hardware && format !== ImageSpec_Format.ISO)
      spec.requirements = clone(ImageRequirementsSchema, content.hardware);
  });
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

/** A copy that was made where it is needed; known ones are marked as used now. */
export function noteUse(copies: ImageCopy[], place: PoolPlace, now: number): void {
  const known = copies.find((copy) => copy.nodeId === place.nodeId && copy.storagePoolId === place.poolId);
  const usedAt = timestampFromMs(now);
  if (known) known.usedAt = usedAt;
  else
    copies.push(create(ImageCopySchema, { nodeId: place.nodeId, storagePoolId: place.poolId, cached: true, usedAt }));
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
