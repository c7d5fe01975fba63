import { clone, create } from "@bufbuild/protobuf";
import {
  ImageSpecSchema,
  ImageTaskResponseSchema,
  invalid,
  type CreateImageRequest,
  type ImageTaskResponse,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { projectIdOf } from "../../access/project-id.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Database } from "../../store/database.ts";
import { pools } from "../../tables.ts";
import { openTask } from "../../tasks/task.ts";
import { poolFor } from "../choose-pool.ts";
import { insertImage, refOf } from "../image.ts";

/** The record of an image that a client will upload. */
export function createImage(
  parts: { db: Database; clock: Clock },
  request: CreateImageRequest,
  call: Call,
): Promise<ImageTaskResponse> {
  const { db, clock } = parts;
  const source = request.spec?.source;
  if (source?.url) throw invalid([{ field: "spec.source.url", message: "is for ImportImage; this image is uploaded" }]);
  if (source && source.sizeBytes < 0n)
    throw invalid([{ field: "spec.source.sizeBytes", message: "must not be negative" }]);
  assertDigest("spec.source.sha256", source?.sha256, 64);
  assertDigest("spec.source.sha512", source?.sha512, 128);
  const mutation = { method: "ImageService.CreateImage", request, response: ImageTaskResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const { name, labels, description } = request;
    const projectId = projectIdOf(tx, request.projectId);
    const storagePoolId = poolFor(tx, db.all(pools), call, request.spec?.storagePoolId ?? "");
    const spec = request.spec ? clone(ImageSpecSchema, request.spec) : create(ImageSpecSchema);
    spec.storagePoolId = storagePoolId;
    const image = insertImage(tx, { clock, call, name, projectId, labels, description, spec });
    const task = openTask(tx, {
      clock,
      call,
      kind: "image.upload",
      target: refOf(image),
      generation: image.generation,
      steps: ["transfer"],
      cancellable: true,
    });
    return create(ImageTaskResponseSchema, { image, task });
  });
}

function assertDigest(field: string, digest: string | undefined, digits: number): void {
  if (!digest || (digest.length === digits && /^[0-9a-fA-F]+$/.test(digest))) return;
  throw invalid([{ field, message: `must be ${digits} hexadecimal digits` }]);
}
