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
import { mutate } from "../../rpc/mutate.ts";
import type { Database } from "../../store/database.ts";
import { images } from "../../tables.ts";

/** What may be changed of an image, by its path in the mask. */
const changes: Record<string, (image: Image, request: UpdateImageRequest) => void> = {
  description: (image, request) => void (image.description = request.description),
  labels: (image, request) => void (image.labels = request.labels),
  "spec.os": (image, request) => void (specOf(image).os = request.spec?.os),
  "spec.requirements": (image, request) => void (specOf(image).requirements = request.spec?.requirements),
  "spec.visibility": (image, request) => void (specOf(image).visibility = request.spec?.visibility ?? 0),
  "spec.default_user": (image, request) => void (specOf(image).defaultUser = request.spec?.defaultUser ?? ""),
};

/** Describes an image anew; its content never changes, so there is no task. Throws REVISION_CONFLICT. */
export function updateImage(
  parts: { db: Database; clock: Clock },
  request: UpdateImageRequest,
  call: Call,
): Promise<ImageTaskResponse> {
  const paths = request.updateMask?.paths ?? [];
  const unknown = paths.filter((path) => !changes[path]);
  if (paths.length === 0 || unknown.length > 0) {
    const known = Object.keys(changes).join(", ");
    const message =
      paths.length === 0 ? `must name what to change: ${known}` : `${unknown.join(", ")}: not among ${known}`;
    throw invalid([{ field: "updateMask", message }]);
  }
  const mutation = { method: "ImageService.UpdateImage", request, response: ImageTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const { revision: current, deletedAt } = tx.get(images, request.id);
    if (deletedAt) throw problem(Reason.NOT_FOUND, { kind: "image", id: request.id });
    if (request.revision && request.revision !== current) {
      throw problem(Reason.REVISION_CONFLICT, {
        kind: "image",
        id: request.id,
        current: String(current),
        expected: String(request.revision),
      });
    }
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
