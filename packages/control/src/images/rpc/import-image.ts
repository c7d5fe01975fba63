import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  ImageSpec_Visibility,
  ImageTaskResponseSchema,
  invalid,
  problem,
  Reason,
  type DownloadImageRequest,
  type ImageSpecSchema,
  type ImageTaskResponse,
  type ImportImageRequest,
} from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { projectIdOf } from "../../access/project-id.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Database } from "../../store/database.ts";
import { pools } from "../../tables.ts";
import { openTask } from "../../tasks/task.ts";
import { findCatalogEntry } from "../catalogue.ts";
import { checksumOf } from "../checksum-list.ts";
import { poolFor } from "../choose-pool.ts";
import { insertImage, refOf } from "../image.ts";

type Parts = { db: Database; clock: Clock };

/** Fetches an image from a URL. Throws INVALID_REQUEST, NOT_FOUND for the pool, NAME_TAKEN. */
export function importImageFromUrl(parts: Parts, request: ImportImageRequest, call: Call): Promise<ImageTaskResponse> {
  refuseCredentials(request.url);
  return startImport(parts, call, {
    method: "ImageService.ImportImage",
    request,
    labels: request.labels,
    description: request.description,
    spec: {
      ...(request.osInfo ? { os: request.osInfo } : {}),
      visibility: ImageSpec_Visibility.PROJECT,
      defaultUser: request.defaultUser,
      source: { url: request.url, ...requestedChecksum(request) },
    },
  });
}

/** The URL stays on record, where everybody who sees the image sees it. */
function refuseCredentials(url: string): void {
  const authority = /^[a-z][a-z0-9+.-]*:\/*([^/?#]*)/i.exec(url)?.[1] ?? "";
  if (!authority.includes("@")) return;
  throw invalid([{ field: "url", message: "leave user name and password out: the URL is kept and shown" }]);
}

/** Fetches an entry of the catalogue; its checksum is looked up where the publisher lists it, when the work begins. */
export function downloadImage(parts: Parts, request: DownloadImageRequest, call: Call): Promise<ImageTaskResponse> {
  const entry = findCatalogEntry(request.catalogId);
  if (!entry) throw problem(Reason.NOT_FOUND, { kind: "catalogue entry", id: request.catalogId });
  if (!entry.url) throw problem(Reason.UNSUPPORTED, { what: `fetching ${entry.name}`, why: entry.howToGet });
  return startImport(parts, call, {
    method: "ImageService.DownloadImage",
    request: { ...request, name: request.name || entry.id },
    labels: {},
    description: entry.description,
    spec: {
      ...(entry.os ? { os: entry.os } : {}),
      ...(entry.requirements ? { requirements: entry.requirements } : {}),
      visibility: ImageSpec_Visibility.PROJECT,
      catalogId: entry.id,
      defaultUser: entry.defaultUser,
      source: { url: entry.url },
    },
  });
}

function startImport(
  parts: Parts,
  call: Call,
  wanted: {
    method: string;
    request: ImportImageRequest | DownloadImageRequest;
    labels: Record<string, string>;
    description: string;
    spec: MessageInitShape<typeof ImageSpecSchema>;
  },
): Promise<ImageTaskResponse> {
  const { db, clock } = parts;
  const { method, request, labels, description, spec } = wanted;
  return mutate(parts, call, { method, request, response: ImageTaskResponseSchema }, (tx) => {
    const { name } = request;
    const projectId = projectIdOf(tx, request.projectId);
    const storagePoolId = poolFor(tx, db.all(pools), call, request.storagePoolId);
    const placed = { ...spec, storagePoolId };
    const image = insertImage(tx, { clock, call, name, projectId, labels, description, spec: placed });
    const task = openTask(tx, {
      clock,
      call,
      kind: "image.import",
      target: refOf(image),
      generation: image.generation,
      steps: ["transfer"],
      cancellable: true,
    });
    return create(ImageTaskResponseSchema, { image, task });
  });
}

function requestedChecksum({ checksum, checksumType }: ImportImageRequest) {
  if (!checksum) return {};
  const digits = checksumType === "sha256" ? [64] : checksumType === "sha512" ? [128] : [64, 128];
  if (!digits.includes(checksum.length)) {
    throw invalid([{ field: "checksum", message: `must have ${digits.join(" or ")} hexadecimal digits` }]);
  }
  return checksumOf(checksum);
}
