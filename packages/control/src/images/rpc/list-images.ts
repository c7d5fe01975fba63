import { create } from "@bufbuild/protobuf";
import { ImageSpec_Format, ListImagesResponseSchema, type Image, type ListImagesRequest } from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { pageOf } from "../../rpc/page.ts";
import type { Database } from "../../store/database.ts";
import { images } from "../../tables.ts";

export function listImages(db: Database, request: ListImagesRequest, { access }: Call) {
  const visible = access.sees("image", "image.view");
  const found = [...db.all(images)].filter((image) => matches(image, request) && visible(image));
  const page = pageOf(found, request);
  return create(ListImagesResponseSchema, {
    images: page.items,
    nextPageToken: page.nextPageToken,
    totalCount: page.totalCount,
  });
}

function matches(image: Image, request: ListImagesRequest): boolean {
  const { projectId, labels, osFamily, format, name } = request;
  return (
    (!projectId || image.projectId === projectId) &&
    (!osFamily || image.spec?.os?.family === osFamily) &&
    (format === ImageSpec_Format.UNKNOWN || image.status?.format === format) &&
    (!name || image.name === name) &&
    Object.entries(labels).every(([key, value]) => image.labels[key] === value)
  );
}
