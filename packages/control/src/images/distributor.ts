import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  fromConnectError,
  ImageSpec_Format,
  ImageStatus_Phase,
  problem,
  Reason,
  type Image,
  type ImageCopy,
} from "@limiquantix/api";
import type { ImageInfo } from "@limiquantix/api/daemon";
import type { Clock, Log } from "@limiquantix/kit";
import type { HostClients } from "../hosts/host-clients.ts";
import type { Database } from "../store/database.ts";
import { images, nodes, pools } from "../tables.ts";
import type { PoolPlace } from "./choose-pool.ts";
import { convertOnHost } from "./convert.ts";
import type { ImageDistribution } from "./distribution.ts";
import { phaseName, updateImageStatus } from "./image.ts";
import { nameOnHost, poolOnHost } from "../pools/pool.ts";
import { isImage, noteUse } from "./outcome.ts";

/** When a copy was used is not written down for every single use. */
const usedAtPrecisionMs = 600_000;

interface Transfer {
  done: Promise<void>;
  /** Those that wait; the transfer ends when the last one goes away. */
  waiting: number;
  stop: AbortController;
  listeners: Set<(percent: number) => void>;
}

/** Copies images between hosts through the control plane, each copy once however many VMs wait for it. */
export class Distributor implements ImageDistribution {
  readonly #parts: { db: Database; clock: Clock; log: Log; hosts: HostClients };
  readonly #transfers = new Map<string, Transfer>();
  /** Copies that are being dropped: who needs one waits for that, and gets it anew. */
  readonly #drops = new Map<string, Promise<unknown>>();

  constructor(parts: { db: Database; clock: Clock; log: Log; hosts: HostClients }) {
    this.#parts = parts;
  }

  async ensureCopy(request: Parameters<ImageDistribution["ensureCopy"]>[0]): Promise<void> {
    request.signal.throwIfAborted();
    const { imageId, nodeId, pool } = request;
    const key = keyOf(imageId, nodeId, pool);
    await this.#drops.get(key);
    let transfer = this.#transfers.get(key);
    if (!transfer) {
      transfer = this.#begin(key, { imageId, nodeId, pool });
      this.#transfers.set(key, transfer);
    }
    transfer.waiting++;
    transfer.listeners.add(request.onProgress);
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(request.signal.reason);
    request.signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([transfer.done, aborted.promise]);
    } finally {
      request.signal.removeEventListener("abort", onAbort);
      transfer.listeners.delete(request.onProgress);
      if (--transfer.waiting === 0) {
        if (this.#transfers.get(key) === transfer) this.#transfers.delete(key);
        transfer.stop.abort(new Error("nobody waits for the copy any more"));
      }
    }
  }

  /** Deletes a copy that nobody asked for in `idleMs`, nor does now; answers whether it did. Throws what the host says. */
  async dropCopy(
    imageId: string,
    place: PoolPlace,
    options: { idleMs: number; signal: AbortSignal },
  ): Promise<boolean> {
    const key = keyOf(imageId, place.nodeId, place.poolName);
    if (this.#transfers.has(key) || this.#drops.has(key)) return false;
    const drop = this.#drop(imageId, place, options);
    this.#drops.set(
      key,
      drop.catch(() => {}),
    );
    try {
      return await drop;
    } finally {
      this.#drops.delete(key);
    }
  }

  async #drop(imageId: string, place: PoolPlace, options: { idleMs: number; signal: AbortSignal }): Promise<boolean> {
    const { db, clock, hosts } = this.#parts;
    const isHere = (copy: ImageCopy) => copy.nodeId === place.nodeId && copy.storagePoolId === place.poolId;
    const copy = db.find(images, imageId)?.status?.copies.find(isHere);
    if (!copy?.cached || clock.now() - (copy.usedAt ? timestampMs(copy.usedAt) : 0) < options.idleMs) return false;
    const { signal } = options;
    await hosts.client(place.nodeId).deleteImage({ imageId, pool: place.poolName }, { signal });
    await db.transact((tx) => {
      if (!tx.find(images, imageId)) return;
      updateImageStatus(tx, clock, imageId, (status) => {
        status.copies = status.copies.filter((other) => !isHere(other));
      });
    });
    return true;
  }

  #begin(key: string, target: { imageId: string; nodeId: string; pool: string }): Transfer {
    const stop = new AbortController();
    const listeners = new Set<(percent: number) => void>();
    const report = (percent: number) => {
      for (const listener of listeners) listener(percent);
    };
    const done = this.#copy(target, stop.signal, report).finally(() => {
      if (this.#transfers.get(key)?.stop === stop) this.#transfers.delete(key);
    });
    // Whoever waits hears of a failure; when nobody waits any more, nobody has to.
    done.catch(() => {});
    return { done, waiting: 0, stop, listeners };
  }

  async #copy(
    target: { imageId: string; nodeId: string; pool: string },
    signal: AbortSignal,
    report: (percent: number) => void,
  ): Promise<void> {
    const { db, hosts } = this.#parts;
    const { imageId, nodeId, pool } = target;
    const image = db.get(images, imageId);
    if (image.deletedAt || image.status?.phase !== ImageStatus_Phase.READY) {
      throw problem(Reason.IMAGE_NOT_READY, { image: image.name, phase: phaseName(image) });
    }
    const poolRow = poolOnHost(db, nodeId, pool);
    const place = { nodeId, poolName: pool, poolId: poolRow?.id ?? "" };
    try {
      const host = hosts.client(nodeId);
      // The host is asked even where a copy is on record: it may have been set up anew since.
      const there = await host.getImageOffset({ imageId, pool }, { signal });
      const info = there.complete ?? (await this.#transfer(image, place, { offset: there.offset, signal, report }));
      if (info) await this.#record(image, place);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw fromConnectError(cause, `host ${this.#nameOf(nodeId)}`);
    }
  }

  /** From a host that has it; where none can be reached, from where it came from. */
  async #transfer(
    image: Image,
    place: PoolPlace,
    transfer: { offset: bigint; signal: AbortSignal; report: (percent: number) => void },
  ): Promise<ImageInfo> {
    const { hosts, log } = this.#parts;
    const { sizeBytes = 0n, sha256 = "" } = image.status ?? {};
    const source = this.#sourceOf(image, place);
    log.info("copy an image to a host", { image: image.id, from: source?.nodeId ?? "url", to: place.nodeId });
    const target = hosts.client(place.nodeId);
    const percentOf = (bytes: bigint) => (sizeBytes > 0n ? Number((100n * bytes) / sizeBytes) : 0);
    const request = { imageId: image.id, pool: place.poolName };
    if (!source) {
      // What its publisher has, of which the image may have been made.
      const { url = "", sha256: sourceSha256 = "", sha512 = "" } = image.spec?.source ?? {};
      const isAsItCame = image.status?.originalFormat === ImageSpec_Format.UNKNOWN;
      const wanted = { sha256: sourceSha256 || (isAsItCame ? sha256 : ""), sha512 };
      for await (const step of target.downloadImage({ ...request, url, ...wanted }, transfer)) {
        transfer.report(percentOf(step.bytes));
        if (!step.done) continue;
        if (isImage(step.done)) return step.done;
        const where = { ...request, host: `host ${this.#nameOf(place.nodeId)}` };
        return await convertOnHost(target, where, { signal: transfer.signal, onProgress: transfer.report });
      }
      throw problem(Reason.UNAVAILABLE, { what: `host ${this.#nameOf(place.nodeId)}`, why: "the download broke off" });
    }
    const from = hosts.client(source.nodeId);
    async function* chunks() {
      let at = transfer.offset;
      yield { part: { case: "header" as const, value: { ...request, offset: at, sizeBytes, sha256 } } };
      const read = { imageId: image.id, pool: source?.pool ?? "", offset: at };
      for await (const { chunk } of from.readImage(read, { signal: transfer.signal })) {
        yield { part: { case: "chunk" as const, value: chunk } };
        at += BigInt(chunk.byteLength);
        transfer.report(percentOf(at));
      }
    }
    return target.uploadImage(chunks(), { signal: transfer.signal });
  }

  /** Undefined: fetch it from its URL. Throws NODE_UNREACHABLE when the hosts that have it are away. */
  #sourceOf(image: Image, target: PoolPlace): { nodeId: string; pool: string } | undefined {
    const { db, hosts } = this.#parts;
    const isTarget = (copy: ImageCopy) => copy.nodeId === target.nodeId && copy.storagePoolId === target.poolId;
    // A host that has it in another of its pools is the nearest.
    const isNear = (copy: ImageCopy) => Number(copy.nodeId === target.nodeId);
    const copies = (image.status?.copies ?? [])
      .filter((copy) => !isTarget(copy))
      .toSorted((a, b) => isNear(b) - isNear(a));
    for (const { nodeId, storagePoolId } of copies) {
      const pool = db.find(pools, storagePoolId);
      if (pool && hosts.reachable(nodeId)) return { nodeId, pool: nameOnHost(pool) };
    }
    if (image.spec?.source?.url) return undefined;
    const away = copies.map((copy) => this.#nameOf(copy.nodeId)).join(", ");
    throw problem(Reason.NODE_UNREACHABLE, {
      node: away || "(none)",
      cause: `no host that has image ${image.name} answers`,
    });
  }

  #nameOf(nodeId: string): string {
    return this.#parts.db.find(nodes, nodeId)?.hostname ?? nodeId;
  }

  async #record(image: Image, place: PoolPlace): Promise<void> {
    const { db, clock, hosts } = this.#parts;
    const wanted = await db.transact((tx) => {
      const now = tx.find(images, image.id);
      if (!now || now.deletedAt) return false;
      const known = now.status?.copies.find(
        (copy) => copy.nodeId === place.nodeId && copy.storagePoolId === place.poolId,
      );
      const usedAtMs = known?.usedAt ? timestampMs(known.usedAt) : 0;
      if (!known || (known.cached && clock.now() - usedAtMs >= usedAtPrecisionMs))
        updateImageStatus(tx, clock, image.id, (status) => noteUse(status.copies, place, clock.now()));
      return true;
    });
    if (wanted) return;
    // Deleted while it was copied: the deletion does not know of this copy.
    await hosts.client(place.nodeId).deleteImage({ imageId: image.id, pool: place.poolName });
    throw problem(Reason.NOT_FOUND, { kind: "image", id: image.id });
  }
}

function keyOf(imageId: string, nodeId: string, pool: string): string {
  return `${imageId}/${nodeId}/${pool}`;
}
