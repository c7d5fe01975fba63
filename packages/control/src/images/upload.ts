import {
  fromConnectError,
  ImageStatus_Phase,
  invalid,
  problem,
  Reason,
  type Image,
  type Problem,
  type UploadImageRequest,
} from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import { nameOnHost } from "../pools/pool.ts";
import type { Database } from "../store/database.ts";
import { images, pools } from "../tables.ts";
import { openTasksOf } from "../tasks/task.ts";
import { phaseName } from "./image.ts";
import { placeImage } from "./import.ts";
import { imageArrived, imageFailed } from "./outcome.ts";
import { TransferProgress } from "./progress.ts";

/** Hands uploads on to the hosts that keep them, chunk by chunk: nothing is held here, and a slow host slows the sender. */
export class Uploads {
  readonly #parts: { db: Database; clock: Clock; log: Log; hosts: HostClients };
  /** One sender per image: a new one takes over from one whose connection hangs. */
  readonly #senders = new Map<string, AbortController>();

  constructor(parts: { db: Database; clock: Clock; log: Log; hosts: HostClients }) {
    this.#parts = parts;
  }

  /**
   * Throws IMAGE_UPLOAD_INCOMPLETE with where to go on, and what is wrong with the content. A transfer that breaks
   * leaves what came: the image stays DOWNLOADING until the rest comes.
   */
  async receive(messages: AsyncIterable<UploadImageRequest>, signal: AbortSignal): Promise<Image> {
    const iterator = messages[Symbol.asyncIterator]();
    const first = await iterator.next();
    if (first.done || first.value.part.case !== "header") {
      throw invalid([{ field: "header", message: "must be the first message" }]);
    }
    const { imageId, offset } = first.value.part.value;
    assertAwaited(this.#parts.db.get(images, imageId));
    const sender = this.#takeOver(imageId);
    try {
      return await this.#relay(imageId, { offset, iterator, signal: AbortSignal.any([signal, sender.signal]) });
    } finally {
      if (this.#senders.get(imageId) === sender) this.#senders.delete(imageId);
    }
  }

  /** Bytes that are safely with the host. */
  async offset(imageId: string, signal: AbortSignal): Promise<bigint> {
    const { db, hosts } = this.#parts;
    const { status, spec } = db.get(images, imageId);
    // Of what was sent, which need not be what became of it.
    const sentBytes = spec?.source?.sizeBytes || status?.sizeBytes || 0n;
    if (status?.phase === ImageStatus_Phase.READY || status?.phase === ImageStatus_Phase.CONVERTING) return sentBytes;
    const pool = status?.storagePoolId ? db.find(pools, status.storagePoolId) : undefined;
    if (!status?.nodeId || !pool) return 0n;
    try {
      const answer = await hosts.client(status.nodeId).getImageOffset({ imageId, pool: nameOnHost(pool) }, { signal });
      return answer.complete ? sentBytes || answer.complete.sizeBytes : answer.offset;
    } catch (cause) {
      throw fromConnectError(cause, `host ${status.nodeId}`);
    }
  }

  #takeOver(imageId: string): AbortController {
    this.#senders.get(imageId)?.abort(problem(Reason.SUPERSEDED, { by: "another upload of the same image" }));
    const sender = new AbortController();
    this.#senders.set(imageId, sender);
    return sender;
  }

  async #relay(
    imageId: string,
    upload: { offset: bigint; iterator: AsyncIterator<UploadImageRequest>; signal: AbortSignal },
  ): Promise<Image> {
    const { db, clock, hosts } = this.#parts;
    const place = await placeImage(this.#parts, imageId);
    const image = db.get(images, imageId);
    const { sha256 = "", sha512 = "", sizeBytes = 0n } = image.spec?.source ?? {};
    const progress = new TransferProgress(this.#parts, imageId, { taskId: openTasksOf(db, imageId)[0]?.id });
    const header = { imageId, pool: place.poolName, offset: upload.offset, sizeBytes, sha256, sha512 };

    async function* toHost() {
      yield { part: { case: "header" as const, value: header } };
      let bytes = Number(upload.offset);
      for (let next = await upload.iterator.next(); !next.done; next = await upload.iterator.next()) {
        const { part } = next.value;
        if (part.case !== "chunk") throw invalid([{ field: "header", message: "must be the first message only" }]);
        upload.signal.throwIfAborted();
        yield { part };
        bytes += part.value.byteLength;
        progress.report(bytes, Number(sizeBytes));
      }
    }

    try {
      const info = await hosts.client(place.nodeId).uploadImage(toHost(), { signal: upload.signal });
      await progress.settled();
      const arrived = await db.transact((tx) => {
        const now = tx.find(images, imageId);
        return now && !now.deletedAt ? imageArrived(tx, clock, imageId, { info, place }) : undefined;
      });
      if (arrived) return arrived;
      // Deleted while it came: the deletion may have passed this host before the file was complete.
      await hosts.client(place.nodeId).deleteImage({ imageId, pool: place.poolName }, { signal: upload.signal });
      throw problem(Reason.NOT_FOUND, { kind: "image", id: imageId });
    } catch (cause) {
      await progress.settled();
      const failure = upload.signal.aborted
        ? fromConnectError(upload.signal.reason, "the sender")
        : fromConnectError(cause, `host ${place.nodeId}`);
      if (isContentFault(failure)) await db.transact((tx) => imageFailed(tx, clock, imageId, failure));
      throw failure;
    }
  }
}

/** Throws IMAGE_NOT_READY for an image that no upload is expected for. */
function assertAwaited(image: Image): void {
  const phase = image.status?.phase;
  const awaited = phase === ImageStatus_Phase.PENDING || phase === ImageStatus_Phase.DOWNLOADING;
  if (awaited && !image.deletedAt && !image.spec?.source?.url) return;
  throw problem(Reason.IMAGE_NOT_READY, { image: image.name, phase: `${phaseName(image)} and takes no upload` });
}

const contentFaults: ReadonlySet<Reason> = new Set([
  Reason.IMAGE_FORMAT_UNKNOWN,
  Reason.IMAGE_REFERS_TO_OTHER_FILES,
  Reason.IMAGE_TRUNCATED,
  Reason.IMAGE_CHECKSUM_MISMATCH,
]);

/** The file itself is wrong: the host has thrown it away, and sending the rest would not help. */
function isContentFault(failure: Problem): boolean {
  return contentFaults.has(failure.reason);
}
