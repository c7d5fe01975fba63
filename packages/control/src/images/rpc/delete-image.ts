import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ImageStatus_Phase,
  ImageTaskResponseSchema,
  problem,
  Reason,
  type DeleteImageRequest,
  type ImageTaskResponse,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Database } from "../../store/database.ts";
import { images } from "../../tables.ts";
import { endTask, openTask, openTasksOf } from "../../tasks/task.ts";
import { assertUnused, refOf, updateImageStatus } from "../image.ts";

/** Marks an image for deletion; the reconciler takes it off every host. Throws IMAGE_IN_USE. */
export function deleteImage(
  parts: { db: Database; clock: Clock },
  request: DeleteImageRequest,
  call: Call,
): Promise<ImageTaskResponse> {
  const { db, clock } = parts;
  const mutation = { method: "ImageService.DeleteImage", request, response: ImageTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const found = tx.get(images, request.id);
    const pending = openTasksOf(tx, found.id);
    const deleting = pending.find((task) => task.kind === "image.delete");
    if (found.deletedAt)
      return create(ImageTaskResponseSchema, { image: found, ...(deleting ? { task: deleting } : {}) });
    assertUnused(db, found, call.access);
    for (const task of pending) {
      endTask(tx, clock, task.id, {
        state: "CANCELLED",
        problem: problem(Reason.SUPERSEDED, { by: "the deletion of the image" }),
      });
    }
    tx.update(images, found.id, (image) => {
      image.deletedAt = timestampFromMs(clock.now());
      image.generation += 1n;
    });
    const image = updateImageStatus(tx, clock, found.id, (status) => {
      status.phase = ImageStatus_Phase.DELETING;
    });
    const task = openTask(tx, {
      clock,
      call,
      kind: "image.delete",
      target: refOf(image),
      generation: image.generation,
    });
    return create(ImageTaskResponseSchema, { image, task });
  });
}
