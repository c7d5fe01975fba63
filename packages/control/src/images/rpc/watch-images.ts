import { create } from "@bufbuild/protobuf";
import { ImageUpdateSchema, type WatchImagesRequest } from "@limiquantix/api";
import type { Database } from "../../store/database.ts";
import { images } from "../../tables.ts";
import { watchTable } from "../../watch/watch-table.ts";

export async function* watchImages(db: Database, request: WatchImagesRequest, signal: AbortSignal) {
  const { projectId, fromRevision } = request;
  const updates = watchTable(db, images, {
    matches: (image) => !projectId || image.projectId === projectId,
    from: Number(fromRevision),
    signal,
  });
  for await (const { type, row, revision } of updates) {
    yield create(ImageUpdateSchema, { type, ...(row ? { image: row } : {}), revision: BigInt(revision) });
  }
}
