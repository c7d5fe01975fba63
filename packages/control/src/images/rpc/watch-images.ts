import { create } from "@bufbuild/protobuf";
import { ImageUpdateSchema, type WatchImagesRequest } from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import type { Database } from "../../store/database.ts";
import { images } from "../../tables.ts";
import { watchTable } from "../../watch/watch-table.ts";

export async function* watchImages(db: Database, request: WatchImagesRequest, { access, signal }: Call) {
  const { projectId, fromRevision } = request;
  const updates = watchTable(db, images, {
    matches: (image) => !projectId || image.projectId === projectId,
    from: Number(fromRevision),
    signal,
    access,
    visible: access.sees("image", "image.view"),
  });
  for await (const { type, row, revision } of updates) {
    yield create(ImageUpdateSchema, { type, ...(row ? { image: row } : {}), revision: BigInt(revision) });
  }
}
