import { timestampMs } from "@bufbuild/protobuf/wkt";
import { fromConnectError, ImageStatus_Phase, type Image, type ImageCopy, type StoragePool } from "@limiquantix/api";
import { formatBytes, WorkQueue, type Clock, type Log, type WorkResult } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import type { HostClients } from "../hosts/host-clients.ts";
import { isNearlyFull, thresholdsOf, usedPercent } from "../pools/fullness.ts";
import { isReadyOn, nameOnHost } from "../pools/pool.ts";
import type { Database } from "../store/database.ts";
import { images, pools, vms } from "../tables.ts";
import type { Distributor } from "./distributor.ts";
import { refOf } from "./image.ts";

/** A copy that was used since is not dropped: what was made of it may not be there yet. */
const idleMs = 3600_000;
/** Below the warning by so much a pool is emptied. */
const roomPercent = 5;

interface Cached {
  image: Image;
  copy: ImageCopy;
}

/**
 * Drops copies of images from pools that are nearly full, those first that were not used for the longest time. Only what was
 * kept for a host's own use goes: never an image's own place, never what a VM of the host names or a volume is an overlay
 * on, never a copy while the image's own place is not known to have it.
 */
export class ImageCache {
  readonly #parts: { db: Database; clock: Clock; log: Log; hosts: HostClients; distribution: Distributor };
  readonly #queue: WorkQueue;
  #subscription: Disposable | undefined;

  constructor(parts: { db: Database; clock: Clock; log: Log; hosts: HostClients; distribution: Distributor }) {
    this.#parts = parts;
    this.#queue = new WorkQueue((id, signal) => this.#relieve(id, signal), {
      clock: parts.clock,
      backoff: { baseMs: 1000, maxMs: 60_000 },
      onFailure: (id, cause, failures) =>
        parts.log.warn("image cache: will try again", { pool: id, failures, err: cause }),
    });
  }

  get busy(): boolean {
    return this.#queue.busy;
  }

  start(): void {
    const { db } = this.#parts;
    this.#subscription = db.subscribe((changes) => {
      for (const { table, id, after } of changes)
        if (table.kind === pools.kind && isShort(after as StoragePool | undefined)) this.#queue.add(id);
    });
    for (const pool of db.all(pools)) if (isShort(pool)) this.#queue.add(pool.id);
  }

  async stop(): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    await this.#queue.stop();
  }

  /** Reports of the pool come seldom: what a copy frees is counted from its size. */
  async #relieve(id: string, signal: AbortSignal): Promise<WorkResult> {
    const { db, clock } = this.#parts;
    const pool = db.find(pools, id);
    if (!pool || !isShort(pool)) return;
    const { usedBytes = 0n, totalBytes = 0n } = pool.status?.capacity ?? {};
    const enough = (totalBytes * BigInt(thresholdsOf(pool.spec).warn - roomPercent)) / 100n;
    let used = usedBytes;
    for (const cached of this.#cachedIn(pool)) {
      if (used <= enough) return;
      signal.throwIfAborted();
      if (clock.now() - usedAtMs(cached.copy) < idleMs) break;
      if (await this.#drop(cached, pool, signal)) used -= cached.image.status?.sizeBytes ?? 0n;
    }
    // Some may be idle by then.
    return { againInMs: idleMs, background: true };
  }

  /** The one that was not used for the longest time comes first. */
  #cachedIn(pool: StoragePool): Cached[] {
    return [...this.#parts.db.all(images)]
      .filter((image) => !image.deletedAt && image.status?.phase === ImageStatus_Phase.READY && hasOwnPlace(image))
      .flatMap((image) => image.status?.copies.map((copy) => ({ image, copy })) ?? [])
      .filter(({ image, copy }) => copy.cached && copy.storagePoolId === pool.id && !this.#isNamed(image, copy.nodeId))
      .toSorted((a, b) => usedAtMs(a.copy) - usedAtMs(b.copy));
  }

  #isNamed(image: Image, nodeId: string): boolean {
    for (const { spec, status } of this.#parts.db.all(vms)) {
      if (status?.nodeId !== nodeId) continue;
      if ([...(spec?.disks ?? []), ...(spec?.cdroms ?? [])].some(({ imageId }) => imageId === image.id)) return true;
    }
    return false;
  }

  async #drop({ image, copy }: Cached, pool: StoragePool, signal: AbortSignal): Promise<boolean> {
    const { db, clock, log, hosts, distribution } = this.#parts;
    const { nodeId } = copy;
    if (!isReadyOn(pool, nodeId) || !hosts.reachable(nodeId)) return false;
    const place = { nodeId, poolId: pool.id, poolName: nameOnHost(pool) };
    try {
      const isDropped = await distribution.dropCopy(image.id, place, { idleMs, signal });
      if (!isDropped) return false;
    } catch (cause) {
      signal.throwIfAborted();
      // A volume may be an overlay on it, which the host knows for sure.
      log.info("a cached image stays", {
        image: image.id,
        node: nodeId,
        err: fromConnectError(cause, `host ${nodeId}`),
      });
      return false;
    }
    const size = formatBytes(Number(image.status?.sizeBytes ?? 0n));
    const message = `the copy of image ${image.name} in pool ${pool.name} was dropped: the pool is nearly full (${size} freed)`;
    await db.transact((tx) => recordEvent(tx, { clock, type: "lifecycle", message, subject: refOf(image) }));
    return true;
  }
}

function isShort(pool: StoragePool | undefined): boolean {
  if (!pool || pool.deletedAt || usedPercent(pool.status?.capacity) === undefined) return false;
  return isNearlyFull(pool.spec, pool.status?.capacity, false);
}

/** The image is where it was put first; another copy may be the last one there is. */
function hasOwnPlace({ status }: Image): boolean {
  return (
    status?.copies.some((copy) => copy.nodeId === status.nodeId && copy.storagePoolId === status.storagePoolId) ?? false
  );
}

function usedAtMs({ usedAt }: ImageCopy): number {
  return usedAt ? timestampMs(usedAt) : 0;
}
