import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  ImageSpecSchema,
  ImageTaskResponseSchema,
  invalid,
  problem,
  Reason,
  type Image,
  type ImageTaskResponse,
  type UpdateImageRequest,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import type { Call } from "../../rpc/call.ts";
import { checkRevision, maskedFields } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Database } from "../../store/database.ts";
import { images } from "../../tables.ts";

/** What may be changed of an image, by its path in the mask. */
const changes: Record<string, (image: Image, request: UpdateImageRequest) => void> = {
  name: (image, request) => void (image.name = request.name),
  description: (image, request) => void (image.description = request.description),
  labels: (image, request) => void (image.labels = request.labels),
  "spec.os": (image, request) => void (specOf(image).os = request.spec?.os),
  "spec.requirements": (image, request) => void (specOf(image).requirements = request.spec?.requirements),
  "spec.visibility": (image, request) => void (specOf(image).visibility = request.spec?.visibility ?? 0),
  "spec.default_user": (image, request) => void (specOf(image).defaultUser = request.spec?.defaultUser ?? ""),
};

/** Describes an image anew; its content never changes, so there is no task. Throws NAME_TAKEN, REVISION_CONFLICT. */
export function updateImage(
  parts: { db: Database; clock: Clock },
  request: UpdateImageRequest,
  call: Call,
): Promise<ImageTaskResponse> {
  const paths = maskedFields(request.updateMask, Object.keys(changes));
  if (paths.has("name") && request.name === "") throw invalid([{ field: "name", message: "must not be empty" }]);
  const mutation = { method: "ImageService.UpdateImage", request, response: ImageTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const { revision: current, deletedAt } = tx.get(images, request.id);
    if (deletedAt) throw problem(Reason.NOT_FOUND, { kind: "image", id: request.id });
    checkRevision("image", { id: request.id, revision: current }, request.revision);
    const image = tx.update(images, request.id, (copy) => {
      for (const path of paths) changes[path]?.(copy, request);
      copy.updatedAt = timestampFromMs(parts.clock.now());
    });
    return create(ImageTaskResponseSchema, { image });
  });
}

function specOf(image: Image) {
  image.spec = image.spec ? clone(ImageSpecSchema, image.spec) : create(ImageSpecSchema);
  return image.spec;
}
