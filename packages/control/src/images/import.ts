import { timestampMs } from "@bufbuild/protobuf/wkt";
import { fromConnectError, ImageStatus_Phase, problem, Reason, type Image } from "@limiquantix/api";
import type { ImageInfo } from "@limiquantix/api/daemon";
import type { Clock, Log } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import { nameOnHost } from "../pools/pool.ts";
import type { Database } from "../store/database.ts";
import { images, pools } from "../tables.ts";
import { openTasksOf } from "../tasks/task.ts";
import { findCatalogEntry } from "./catalogue.ts";
import { findChecksum } from "./checksum-list.ts";
import { choosePool, type PoolPlace } from "./choose-pool.ts";
import type { Fetcher } from "./fetcher.ts";
import { updateImageStatus } from "./image.ts";
import { imageArrived } from "./outcome.ts";
import { TransferProgress } from "./progress.ts";

export interface ImportParts {
  db: Database;
  clock: Clock;
  log: Log;
  hosts: HostClients;
  fetcher: Fetcher;
}

/** Lets a host fetch an image from its URL. Repeatable: the host goes on where it was. Throws what stands in the way. */
export async function importImage(parts: ImportParts, image: Image, signal: AbortSignal): Promise<void> {
  const place = await placeImage(parts, image.id);
  const { url, sha256, sha512 } = await checkedSource(parts, image, signal);
  const progress = new TransferProgress(parts, image.id, { taskId: openTasksOf(parts.db, image.id)[0]?.id });
  let info: ImageInfo | undefined;
  try {
    const request = { imageId: image.id, pool: place.poolName, url, sha256, sha512 };
    for await (const step of parts.hosts.client(place.nodeId).downloadImage(request, { signal })) {
      if (step.done) info = step.done;
      else progress.report(Number(step.bytes), Number(step.totalBytes));
    }
  } catch (cause) {
    throw fromConnectError(cause, `host ${place.nodeId}`);
  } finally {
    await progress.settled();
  }
  if (!info) throw problem(Reason.UNAVAILABLE, { what: `host ${place.nodeId}`, why: "the download broke off" });
  const arrived = { info, place };
  await parts.db.transact((tx) => {
    const now = tx.find(images, image.id);
    if (now && !now.deletedAt) imageArrived(tx, parts.clock, image.id, arrived);
  });
}

/** Where the image is to go; chosen once and written down before the first byte. Throws POOL_UNAVAILABLE. */
export function placeImage({ db, clock }: { db: Database; clock: Clock }, imageId: string): Promise<PoolPlace> {
  return db.transact((tx) => {
    const image = tx.get(images, imageId);
    const { status } = image;
    const pool = status?.storagePoolId ? tx.find(pools, status.storagePoolId) : undefined;
    if (status?.nodeId && pool) return { nodeId: status.nodeId, poolId: pool.id, poolName: nameOnHost(pool) };
    const place = choosePool(tx, db.all(pools), image.spec?.storagePoolId ?? "");
    updateImageStatus(tx, clock, imageId, (copy) => {
      copy.phase = ImageStatus_Phase.DOWNLOADING;
      copy.nodeId = place.nodeId;
      copy.storagePoolId = place.poolId;
    });
    return place;
  });
}

/** The source with the checksum to expect: for an entry of the catalogue, what its publisher lists today. */
async function checkedSource(parts: ImportParts, image: Image, signal: AbortSignal) {
  const { url = "", sha256 = "", sha512 = "" } = image.spec?.source ?? {};
  const entry = image.spec?.catalogId ? findCatalogEntry(image.spec.catalogId) : undefined;
  if (!entry?.checksumUrl || sha256 || sha512) return { url, sha256, sha512 };
  const list = await parts.fetcher.text(entry.checksumUrl, signal);
  const isOwn = entry.checksumUrl.startsWith(url);
  const checksum = findChecksum(list, url.slice(url.lastIndexOf("/") + 1), { isOwn });
  if (!checksum) {
    throw problem(Reason.IMAGE_DOWNLOAD_FAILED, { url, cause: `${entry.checksumUrl} lists no checksum for it` });
  }
  await parts.db.transact((tx) =>
    tx.update(images, image.id, ({ spec }) => {
      if (spec?.source) Object.assign(spec.source, checksum);
    }),
  );
  return { url, ...checksum };
}

const uploadPatienceMs = 24 * 3600 * 1000;

/** Milliseconds until an upload that nobody goes on with is given up. */
export function uploadPatienceLeftMs(image: Image, now: number): number {
  return (image.updatedAt ? timestampMs(image.updatedAt) : 0) + uploadPatienceMs - now;
}
