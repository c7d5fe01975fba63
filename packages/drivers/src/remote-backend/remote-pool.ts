import {
  type PoolCapabilities,
  type PoolCapacity,
  type PoolFile,
  problem,
  Reason,
  type StoragePoolSpec_Backend,
} from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import {
  type DiskSource,
  type ImageLibrary,
  type MemoryFiles,
  type VolumeBackend,
  type VolumeInfo,
  type VolumeLayers,
  type VolumeRequest,
  type VolumeSnapshots,
  within,
} from "@limiquantix/node";
import { checkedId } from "../file-pool/pool-paths.ts";
import { BackendClient, type CallOptions } from "./backend-client.ts";
import type { ChildLink } from "./child-link.ts";
import type { Answer, BackendFacts, Calls, Method } from "./messages.ts";

export interface RemotePoolOptions {
  pool: string;
  /** What the process is to open. */
  order: unknown;
  start: () => Promise<ChildLink>;
  clock: Clock;
  log: Log;
  secretFile?: ((secretId: string) => string | undefined) | undefined;
  limits?: Partial<Limits> | undefined;
  /** Runs what lets go of the pool, when nobody opens it again at the same time. */
  leave?: ((work: () => Promise<void>) => Promise<void>) | undefined;
}

interface Limits {
  /** Opening, all in all. */
  openMs: number;
  /** While a call waits, the storage is touched so often. */
  probeEveryMs: number;
  /** Storage that does not answer within this hangs, and its process is killed. */
  probeMs: number;
  /** What is killed is gone within this. */
  endMs: number;
}

const usual: Limits = { openMs: 50_000, probeEveryMs: 4000, probeMs: 8000, endMs: 10_000 };

/**
 * A pool in a process of its own, because a call to storage that hangs takes a thread with it until the storage is back.
 * The process is killed when the storage hangs, and started anew by the next call.
 */
export class RemotePool implements VolumeBackend {
  readonly pool: string;
  readonly images: ImageLibrary | undefined;
  readonly snapshots: VolumeSnapshots | undefined;
  readonly memory: MemoryFiles | undefined;
  readonly #options: RemotePoolOptions;
  readonly #limits: Limits;
  #facts: BackendFacts;
  #line: Line | undefined;
  #opening: Promise<Line> | undefined;
  #isClosed = false;

  private constructor(options: RemotePoolOptions, line: Line, facts: BackendFacts) {
    this.#options = options;
    this.#limits = { ...usual, ...options.limits };
    this.pool = options.pool;
    this.#line = line;
    this.#facts = facts;
    if (facts.hasImages) this.images = this.#imagesOver();
    if (facts.snapshots) this.snapshots = this.#snapshotsOver(facts.snapshots);
    if (facts.memory) this.memory = this.#memoryOver(facts.memory);
  }

  /** As the backend itself opens; POOL_UNAVAILABLE when it does not in time. */
  static async open(options: RemotePoolOptions): Promise<RemotePool> {
    const { line, facts } = await openLine(options, { ...usual, ...options.limits });
    return new RemotePool(options, line, facts);
  }

  get backend(): StoragePoolSpec_Backend {
    return this.#facts.backend;
  }

  get capabilities(): PoolCapabilities {
    return this.#facts.capabilities;
  }

  /** Releases the storage, where no guest needs it, and ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { leave = (work) => work() } = this.#options;
    await leave(() => this.#leave());
  }

  async #leave(): Promise<void> {
    await this.#opening?.catch(() => {});
    const line = this.#line;
    this.#line = undefined;
    const options = { options: this.#options, limits: this.#limits };
    if (line?.client.isOpen && (await releaseBy(line, options))) return;
    await line?.end(away(this.pool, "it was let go of"), this.#limits.endMs);
    await releaseBy(await startLine(this.#options), options);
  }

  capacity(): Promise<PoolCapacity> {
    return this.#call("capacity", []);
  }

  ensureVolume({ signal, onProgress, ...request }: VolumeRequest): Promise<VolumeInfo> {
    const { from } = request;
    const secretId = from?.kind === "source" && from.source.kind === "rbd" ? from.source.secretId : undefined;
    const secretFile = secretId === undefined ? undefined : this.#options.secretFile?.(secretId);
    return this.#call("ensureVolume", [request, secretFile], { signal, onProgress });
  }

  findVolume(volumeId: string): Promise<VolumeInfo | undefined> {
    return this.#call("findVolume", [volumeId]);
  }

  attach(volumeId: string, options?: { shared: boolean }): Promise<DiskSource> {
    return this.#call("attach", [volumeId, options]);
  }

  detach(volumeId: string): Promise<void> {
    return this.#call("detach", [volumeId]);
  }

  growVolume(volumeId: string, sizeBytes: number, options?: { live: boolean }): Promise<void> {
    return this.#call("growVolume", [volumeId, sizeBytes, options]);
  }

  deleteVolume(volumeId: string): Promise<void> {
    return this.#call("deleteVolume", [volumeId]);
  }

  listVolumes(): Promise<VolumeInfo[]> {
    return this.#call("listVolumes", []);
  }

  listFiles(limit: number): Promise<PoolFile[]> {
    return this.#call("listFiles", [limit]);
  }

  ensureSeed(vmId: string, files: ReadonlyMap<string, string> | undefined): Promise<DiskSource | undefined> {
    return this.#call("ensureSeed", [vmId, files]);
  }

  readSeed(vmId: string): Promise<ReadonlyMap<string, string> | undefined> {
    return this.#call("readSeed", [vmId]);
  }

  deleteSeed(vmId: string): Promise<void> {
    return this.#call("deleteSeed", [vmId]);
  }

  #imagesOver(): ImageLibrary {
    return {
      find: (imageId) => this.#call("images.find", [imageId]),
      list: () => this.#call("images.list", []),
      offset: (imageId) => this.#call("images.offset", [imageId]),
      write: ({ chunks, ...upload }) => this.#call("images.write", [upload], { chunks }),
      download: ({ signal, onProgress, ...request }) =>
        this.#call("images.download", [request], { signal, onProgress }),
      convert: (imageId, { signal, onProgress }) => this.#call("images.convert", [imageId], { signal, onProgress }),
      read: (imageId, offset) => this.#read(imageId, offset),
      delete: (imageId) => this.#call("images.delete", [imageId]),
    };
  }

  #snapshotsOver({ how, hasLayers }: NonNullable<BackendFacts["snapshots"]>): VolumeSnapshots {
    const layers: VolumeLayers = {
      prepare: (...given) => this.#call("layers.prepare", given),
      planMerge: (...given) => this.#call("layers.planMerge", given),
      settle: (...given) => this.#call("layers.settle", given),
    };
    return {
      how,
      layers: hasLayers ? layers : undefined,
      create: (...given) => this.#call("snapshots.create", given),
      revert: (...given) => this.#call("snapshots.revert", given),
      delete: (volumeId, snapshotId, { signal, onProgress }) =>
        this.#call("snapshots.delete", [volumeId, snapshotId], { signal, onProgress }),
      usedBytes: (...given) => this.#call("snapshots.usedBytes", given),
    };
  }

  #memoryOver({ path, sampleId }: NonNullable<BackendFacts["memory"]>): MemoryFiles {
    return {
      path: (snapshotId) => path.replaceAll(sampleId, checkedId(snapshotId, "snapshot_id")),
      sizeBytes: (snapshotId) => this.#call("memory.sizeBytes", [snapshotId]),
      delete: (snapshotId) => this.#call("memory.delete", [snapshotId]),
    };
  }

  async #call<M extends Method>(method: M, given: Parameters<Calls[M]>, options: CallOptions = {}): Promise<Answer<M>> {
    options.signal?.throwIfAborted();
    const line = await this.#connected();
    using _ = line.wait();
    return await line.client.call(method, given, options);
  }

  async *#read(imageId: string, offset: number): AsyncIterable<Uint8Array> {
    const line = await this.#connected();
    using _ = line.wait();
    yield* line.client.read(imageId, offset);
  }

  #connected(): Promise<Line> {
    if (this.#isClosed) return Promise.reject(away(this.pool, "it was let go of"));
    if (this.#line?.client.isOpen) return Promise.resolve(this.#line);
    this.#opening ??= this.#reopen().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #reopen(): Promise<Line> {
    await this.#line?.end(away(this.pool, "its process has ended"), this.#limits.endMs);
    const { line, facts } = await openLine(this.#options, this.#limits);
    this.#line = line;
    this.#facts = facts;
    return line;
  }
}

/** One process, watched while somebody waits for it. */
class Line {
  readonly client: BackendClient;
  readonly #child: ChildLink;
  readonly #options: RemotePoolOptions;
  #waiting = 0;
  #isWatching = false;
  #ending: Promise<void> | undefined;

  constructor(child: ChildLink, options: RemotePoolOptions) {
    const { pool, log } = options;
    this.#child = child;
    this.#options = options;
    this.client = new BackendClient(child, { log, whyEnded: () => away(pool, "its process has ended") });
  }

  /** Until it is disposed, somebody waits. */
  wait(): Disposable {
    this.#waiting++;
    if (!this.#isWatching) this.#watch();
    return { [Symbol.dispose]: () => void this.#waiting-- };
  }

  /** Kills the process, and answers when it is gone: two at once would undo each other's work. */
  async end(why: Error, limitMs: number): Promise<void> {
    this.client.end(why);
    this.#ending ??= this.#child.kill();
    const { clock, pool } = this.#options;
    const late = () => away(pool, "its process waits for the storage and cannot be ended");
    await within(this.#ending, { clock, limitMs, late });
  }

  #watch(): void {
    const { clock, pool, log, limits } = this.#options;
    const { probeEveryMs, probeMs, endMs } = { ...usual, ...limits };
    this.#isWatching = true;
    const look = async () => {
      this.#isWatching = false;
      if (this.#waiting === 0 || !this.client.isOpen) return;
      const hangs = away(pool, `the storage has not answered for ${Math.round(probeMs / 1000)} s`);
      // What it answers is not the matter.
      const probe = this.client.call("probe", []).catch(() => {});
      try {
        await within(probe, { clock, limitMs: probeMs, late: () => hangs });
        if (!this.#isWatching) this.#watch();
      } catch {
        log.warn("storage hangs; its process is ended", { pool });
        await this.end(hangs, endMs).catch((error: unknown) => log.warn(String(error), { pool }));
      }
    };
    clock.after(probeEveryMs, () => void look(), { background: true });
  }
}

async function startLine(options: RemotePoolOptions): Promise<Line> {
  return new Line(await options.start(), options);
}

async function openLine(options: RemotePoolOptions, limits: Limits): Promise<{ line: Line; facts: BackendFacts }> {
  const { clock, order, pool } = options;
  const line = await startLine(options);
  const late = () => away(pool, `it did not open within ${Math.round(limits.openMs / 1000)} s`);
  try {
    const opening = line.client.call("open", [order]);
    return { line, facts: await within(opening, { clock, limitMs: limits.openMs, late }) };
  } catch (cause) {
    await line.end(away(pool, "it did not open"), limits.endMs);
    throw cause;
  }
}

/** Whether the storage was released; the process is gone afterwards. */
async function releaseBy(
  line: Line,
  { options, limits }: { options: RemotePoolOptions; limits: Limits },
): Promise<boolean> {
  const { clock, order, pool, log } = options;
  const late = () => away(pool, "it does not answer");
  try {
    await within(line.client.call("release", [order]), { clock, limitMs: limits.probeMs, late });
    return true;
  } catch (error) {
    log.warn("a pool could not be released", { pool, err: error });
    return false;
  } finally {
    await line.end(away(pool, "it was let go of"), limits.endMs);
  }
}

function away(pool: string, cause: string): Error {
  return problem(Reason.POOL_UNAVAILABLE, { pool, cause });
}
