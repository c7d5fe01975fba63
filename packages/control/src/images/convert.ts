import {
  fromConnectError,
  ImageStatus_Phase,
  isProblem,
  problem,
  type Problem,
  Reason,
  type Image,
} from "@limiquantix/api";
import type { ImageInfo, NodeDaemonService } from "@limiquantix/api/daemon";
import type { Client } from "@connectrpc/connect";
import { openTasksOf } from "../tasks/task.ts";
import { images } from "../tables.ts";
import { updateImageStatus } from "./image.ts";
import { placeImage, type ImportParts } from "./import.ts";
import { imageArrived } from "./outcome.ts";
import { TransferProgress } from "./progress.ts";

/** Lets the host that received the file make an image of it. Repeatable. Throws what is wrong with it, or in the way. */
export async function convertImage(parts: ImportParts, image: Image, signal: AbortSignal): Promise<void> {
  const place = await placeImage(parts, image.id);
  const taskId = openTasksOf(parts.db, image.id)[0]?.id;
  const progress = new TransferProgress(parts, image.id, { taskId, step: "convert" });
  const where = { imageId: image.id, pool: place.poolName, host: `host ${place.nodeId}` };
  let info: ImageInfo;
  try {
    info = await convertOnHost(parts.hosts.client(place.nodeId), where, {
      signal,
      onProgress: (percent) => progress.report(percent, 100),
    });
  } catch (cause) {
    if (!isProblem(cause) || cause.reason !== Reason.NOT_FOUND) throw cause;
    return await beginAgain(parts, image, cause);
  } finally {
    await progress.settled();
  }
  await parts.db.transact((tx) => {
    const now = tx.find(images, image.id);
    if (now && !now.deletedAt) imageArrived(tx, parts.clock, image.id, { info, place });
  });
}

/** The host has lost what it received: it is fetched once more, where there is something to fetch. */
async function beginAgain({ db, clock }: ImportParts, image: Image, cause: Problem): Promise<void> {
  if (!image.spec?.source?.url) throw problem(Reason.IMAGE_TRUNCATED, { why: "its host has lost the file" }, { cause });
  await db.transact((tx) => {
    if (tx.find(images, image.id)?.status?.phase !== ImageStatus_Phase.CONVERTING) return;
    updateImageStatus(tx, clock, image.id, (status) => {
      status.phase = ImageStatus_Phase.DOWNLOADING;
    });
  });
}

export async function convertOnHost(
  client: Client<typeof NodeDaemonService>,
  { imageId, pool, host }: { imageId: string; pool: string; host: string },
  { signal, onProgress }: { signal: AbortSignal; onProgress: (percent: number) => void },
): Promise<ImageInfo> {
  try {
    for await (const step of client.convertImage({ imageId, pool }, { signal })) {
      if (step.done) return step.done;
      onProgress(Number(step.bytes));
    }
  } catch (cause) {
    throw fromConnectError(cause, host);
  }
  throw problem(Reason.UNAVAILABLE, { what: host, why: "the conversion broke off" });
}
