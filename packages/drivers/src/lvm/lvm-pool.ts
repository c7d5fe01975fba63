import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type PoolCapabilities,
  type PoolCapacity,
  PoolCapacitySchema,
  type PoolFile,
  PoolFile_Type as Type,
  PoolFileSchema,
  problem,
  Reason,
  type StoragePoolSpec_Backend,
} from "@limiquantix/api";
import { type Clock, formatBytes, type Log } from "@limiquantix/kit";
import type { DiskSource, VolumeBackend, VolumeInfo, VolumeRequest } from "@limiquantix/node";
import { KeyedQueue } from "../files/keyed-queue.ts";
import { filesOfSeed, noCloudSeed } from "../nocloud/seed.ts";
import { Activations } from "./activations.ts";
import { GoldenCopies } from "./golden-copies.ts";
import { newLv, parentTag, parseLvName, seedLv, THIN_POOL, volumeLv } from "./lv-names.ts";
import { lvmThinCapabilities } from "./lvm-capabilities.ts";
import { inUse, isMissing, isOpen, typed } from "./lvm-failure.ts";
import type { ListedLv } from "./lvm-report.ts";
import { LvmSnapshots, settleReverts } from "./lvm-snapshots.ts";
import { NewVolume, type NewVolumeParts, type QemuCopies, wholeExtents } from "./new-volume.ts";
import type { VolumeGroup } from "./volume-group.ts";

export interface LvmPoolOptions {
  /** The pool's id. */
  pool: string;
  backend: StoragePoolSpec_Backend;
  group: VolumeGroup;
  qemuImg: QemuCopies;
  /** Lets go of what is below the group. `isIdle`: nothing of it is in use here. */
  release: (isIdle: boolean) => Promise<void>;
  clock: Clock;
  log: Log;
  /** A file with the secret of a disk outside of the pool, base64, for qemu-img to read. */
  secretFile?: ((secretId: string) => string | undefined) | undefined;
}

const SWEEP_EVERY_MS = 3600_000;
/** What lvs(8) says of a thin pool whose storage failed a write. */
const BROKEN: ReadonlySet<string> = new Set(["failed", "metadata_read_only"]);

/** A thin pool of LVM that this host has to itself: volumes are logical volumes, guests have them as block devices. */
export class LvmPool implements VolumeBackend {
  readonly pool: string;
  readonly backend: StoragePoolSpec_Backend;
  readonly capabilities: PoolCapabilities = lvmThinCapabilities;
  readonly snapshots: LvmSnapshots;
  readonly #options: LvmPoolOptions;
  readonly #group: VolumeGroup;
  readonly #activations: Activations;
  readonly #golden: GoldenCopies;
  readonly #newVolumes: NewVolumeParts;
  readonly #queue = new KeyedQueue();
  #sweptAtMs = 0;
  #isReleased = false;

  private constructor(options: LvmPoolOptions) {
    const { pool, backend, group, qemuImg, clock, log, secretFile } = options;
    this.pool = pool;
    this.backend = backend;
    this.#options = options;
    this.#group = group;
    const activations = new Activations(group);
    const golden = new GoldenCopies({ group, activations, qemuImg, pool, clock, log });
    this.#activations = activations;
    this.#golden = golden;
    this.#newVolumes = { group, activations, golden, qemuImg, secretFile, clock, log, pool };
    this.snapshots = new LvmSnapshots({
      group,
      activations,
      inTurn: (volumeId, what, work) => this.#queue.run(volumeId, () => this.#typed(what, work)),
    });
  }

  /** Of a group that this host has. Ends what an earlier daemon began. */
  static async open(options: LvmPoolOptions): Promise<LvmPool> {
    const opened = new LvmPool(options);
    await opened.#typed("to be opened", () => opened.#settle());
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isReleased) return;
    this.#isReleased = true;
    const isIdle = await this.#group.list().then(
      (all) => all.every((lv) => lv.name === THIN_POOL || !lv.isActive),
      () => false,
    );
    await this.#options.release(isIdle);
  }

  async capacity(): Promise<PoolCapacity> {
    return this.#typed("its size", async () => {
      this.#sweep();
      const all = await this.#group.list();
      const { sizeBytes, usedBytes, availableBytes } = this.#room(all);
      const provisioned = all.reduce((sum, lv) => sum + (wholeVolume(lv) ? lv.sizeBytes : 0), 0);
      return create(PoolCapacitySchema, {
        totalBytes: BigInt(sizeBytes),
        usedBytes: BigInt(usedBytes),
        availableBytes: BigInt(availableBytes),
        provisionedBytes: BigInt(provisioned),
      });
    });
  }

  async ensureVolume(request: VolumeRequest): Promise<VolumeInfo> {
    const { volumeId, thick, sizeBytes, from } = request;
    const name = volumeLv(volumeId);
    return this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const all = await this.#group.list();
        if (!all.some((lv) => lv.name === name)) {
          if (thick) this.#assertRoom(all, sizeBytes);
          await new NewVolume(this.#newVolumes, request, all).make();
          const isEmpty = !from && !thick;
          if (isEmpty)
            return { volumeId, sizeBytes: wholeExtents(sizeBytes), usedBytes: 0, imageId: "", snapshotIds: [] };
        }
        const made = await this.#find(volumeId);
        if (!made) throw new Error(`volume ${volumeId} vanished right after it was made`);
        return made;
      }),
    );
  }

  async findVolume(volumeId: string): Promise<VolumeInfo | undefined> {
    volumeLv(volumeId);
    return this.#typed(`volume ${volumeId}`, () => this.#find(volumeId));
  }

  async attach(volumeId: string): Promise<DiskSource> {
    const name = volumeLv(volumeId);
    return this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        await this.#activations.attach(name).catch((error: unknown) => {
          throw isMissing(error) ? notFound(volumeId) : error;
        });
        return this.#source(name);
      }),
    );
  }

  async detach(volumeId: string): Promise<void> {
    const name = volumeLv(volumeId);
    await this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        await this.#activations.detach(name).catch((error: unknown) => {
          if (isOpen(error)) throw inUse("volume", volumeId, "a guest has it open", error);
          if (!isMissing(error)) throw error;
        });
      }),
    );
  }

  /** A guest that has it is told of its size by the hypervisor. */
  async growVolume(volumeId: string, sizeBytes: number): Promise<void> {
    const name = volumeLv(volumeId);
    await this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const volume = (await this.#group.list()).find((lv) => lv.name === name);
        if (!volume) throw notFound(volumeId);
        const wanted = wholeExtents(sizeBytes);
        if (wanted < volume.sizeBytes)
          throw problem(Reason.DISK_CANNOT_SHRINK, {
            disk: volumeId,
            current: formatBytes(volume.sizeBytes),
            wanted: formatBytes(wanted),
          });
        if (wanted > volume.sizeBytes) await this.#group.grow(name, wanted);
      }),
    );
  }

  async deleteVolume(volumeId: string): Promise<void> {
    const name = volumeLv(volumeId);
    await this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const all = await this.#group.list();
        const own = all.filter((lv) => isOfVolume(lv, volumeId));
        const clones = all.filter((lv) => own.some((one) => lv.tags.includes(parentTag(one.name))));
        if (clones.length > 0) throw inUse("volume", volumeId, `${clones.length} linked clones are over it`);
        for (const lv of own) {
          if (lv.isOpen) throw inUse("volume", volumeId, "it is open");
          if (this.#activations.isCopied(lv.name)) throw inUse("volume", volumeId, "it is being copied");
        }
        await this.#group.remove(own.map((lv) => lv.name));
        this.#activations.forget(name);
      }),
    );
  }

  async listVolumes(): Promise<VolumeInfo[]> {
    return this.#typed("the list of its volumes", () => this.#volumes());
  }

  async listFiles(limit: number): Promise<PoolFile[]> {
    return this.#typed("the list of its volumes", async () => {
      const files = (await this.#group.list()).filter(({ name }) => name !== THIN_POOL).map(poolFile);
      // What is ours comes first, so that a limit cuts off what is not.
      const isForeign = ({ type }: PoolFile) => type === Type.FOREIGN;
      return [...files.filter((file) => !isForeign(file)), ...files.filter(isForeign)].slice(0, limit);
    });
  }

  /** A seed is active as long as it is there: nobody attaches it. */
  async ensureSeed(vmId: string, files: ReadonlyMap<string, string> | undefined): Promise<DiskSource | undefined> {
    const name = seedLv(vmId);
    return this.#queue.run(name, () =>
      this.#typed(`the seed of VM ${vmId}`, async () => {
        const all = await this.#group.list();
        const there = all.find((lv) => lv.name === name);
        if (there) {
          if (!there.isActive) await this.#group.activate(name);
          return this.#source(name);
        }
        if (!files) return undefined;
        const unfinished = newLv(name);
        if (all.some((lv) => lv.name === unfinished)) await this.#group.remove([unfinished]);
        const bytes = noCloudSeed(files);
        await this.#group.create({ name: unfinished, sizeBytes: wholeExtents(bytes.length) });
        await this.#group.activate(unfinished);
        await this.#group.write(unfinished, bytes);
        await this.#group.rename(unfinished, name);
        return this.#source(name);
      }),
    );
  }

  async readSeed(vmId: string): Promise<ReadonlyMap<string, string> | undefined> {
    if (!(await this.ensureSeed(vmId, undefined))) return undefined;
    const name = seedLv(vmId);
    return filesOfSeed(await this.#typed(`the seed of VM ${vmId}`, () => this.#group.read(name)));
  }

  async deleteSeed(vmId: string): Promise<void> {
    const name = seedLv(vmId);
    await this.#queue.run(name, () =>
      this.#typed(`the seed of VM ${vmId}`, async () => {
        const there = (await this.#group.list()).filter((lv) => lv.name === name || lv.name === newLv(name));
        await this.#group.remove(there.map((lv) => lv.name));
      }),
    );
  }

  /** Nobody else works on the group: what is not complete was left by a daemon that is gone. */
  async #settle(): Promise<void> {
    await this.#group.activate(THIN_POOL);
    const all = await settleReverts(this.#group, await this.#group.list());
    const left = all.filter((lv) => {
      const known = parseLvName(lv.name);
      if (known?.state === "new") return true;
      return known?.kind === "snap" && !all.some(({ name }) => name === volumeLv(known.ownerId));
    });
    await this.#group.remove(left.map((lv) => lv.name));
  }

  async #find(volumeId: string): Promise<VolumeInfo | undefined> {
    return (await this.#volumes()).find((volume) => volume.volumeId === volumeId);
  }

  async #volumes(): Promise<VolumeInfo[]> {
    const all = await this.#group.list();
    const volumes = all.filter(wholeVolume);
    if (volumes.length === 0) return [];
    const mapped = await this.#mapped();
    return volumes.map((lv) => volumeInfo(lv, all, mapped));
  }

  /** For people to know; without it the pool works as well. */
  async #mapped(): Promise<Map<number, number>> {
    try {
      return await this.#group.mappedBytes();
    } catch (error) {
      this.#options.log.warn("what volumes take up is not known", { pool: this.pool, err: error });
      return new Map();
    }
  }

  /**
   * By the scarcer of data and metadata: a pool whose metadata is full takes nothing more, however much room for data it has,
   * so it has to alert and to refuse just as early.
   */
  #room(all: readonly ListedLv[]): { sizeBytes: number; usedBytes: number; availableBytes: number } {
    const thinPool = all.find(({ name }) => name === THIN_POOL);
    if (!thinPool) throw problem(Reason.POOL_UNAVAILABLE, { pool: this.pool, cause: "its thin pool is gone" });
    const { sizeBytes, dataPercent, metadataPercent, health } = thinPool;
    // Its percentages are zeros then, as if it were empty.
    if (BROKEN.has(health))
      throw problem(Reason.POOL_UNAVAILABLE, { pool: this.pool, cause: `its thin pool takes no writes: ${health}` });
    const usedBytes = Math.ceil((sizeBytes * Math.max(dataPercent, metadataPercent)) / 100);
    return { sizeBytes, usedBytes, availableBytes: sizeBytes - usedBytes };
  }

  #assertRoom(all: readonly ListedLv[], sizeBytes: number): void {
    const { availableBytes } = this.#room(all);
    if (sizeBytes > availableBytes)
      throw problem(Reason.POOL_FULL, {
        pool: this.pool,
        needed: formatBytes(sizeBytes),
        available: formatBytes(availableBytes),
      });
  }

  /** In the background, once in a while. */
  #sweep(): void {
    const { clock, log } = this.#options;
    if (clock.now() - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = clock.now();
    this.#golden.sweep().catch((error: unknown) => log.warn("sweep a pool", { pool: this.pool, err: error }));
  }

  #source(lv: string): DiskSource {
    return { kind: "block", path: this.#group.path(lv), format: "raw" };
  }

  #typed<T>(what: string, work: () => Promise<T>): Promise<T> {
    return typed(this.pool, what, work);
  }
}

function notFound(volumeId: string) {
  return problem(Reason.NOT_FOUND, { kind: "volume", id: volumeId });
}

function wholeVolume(lv: ListedLv): boolean {
  const known = parseLvName(lv.name);
  return known?.kind === "volume" && known.state === "whole";
}

function isOfVolume(lv: ListedLv, volumeId: string): boolean {
  const known = parseLvName(lv.name);
  return known?.ownerId === volumeId && (known.kind === "volume" || known.kind === "snap");
}

function volumeInfo(lv: ListedLv, all: readonly ListedLv[], mapped: ReadonlyMap<number, number>): VolumeInfo {
  const volumeId = parseLvName(lv.name)?.ownerId ?? "";
  const snapshots = all
    .flatMap((one) => {
      const known = parseLvName(one.name);
      if (known?.ownerId !== volumeId || known.snapshotId === undefined) return [];
      return [{ id: known.snapshotId, thinId: one.thinId ?? 0 }];
    })
    .toSorted((a, b) => a.thinId - b.thinId);
  // What its snapshots have of their own would have to be read out of all that the pool knows: this much at least.
  const sizes = [lv.thinId ?? 0, ...snapshots.map(({ thinId }) => thinId)].flatMap((id) => mapped.get(id) ?? []);
  return {
    volumeId,
    sizeBytes: lv.sizeBytes,
    usedBytes: mapped.has(lv.thinId ?? 0) ? Math.max(...sizes) : undefined,
    imageId: lv.tags.find((tag) => tag.startsWith("image="))?.slice("image=".length) ?? "",
    snapshotIds: snapshots.map(({ id }) => id),
  };
}

const TYPES = { volume: Type.VOLUME, snap: Type.SNAPSHOT, image: Type.IMAGE, seed: Type.SEED } as const;

function poolFile(lv: ListedLv): PoolFile {
  const known = parseLvName(lv.name);
  return create(PoolFileSchema, {
    path: lv.name,
    type: known ? TYPES[known.kind] : Type.FOREIGN,
    sizeBytes: BigInt(lv.sizeBytes),
    modifiedAt: timestampFromMs(lv.madeAtMs),
    ownerId: known?.ownerId ?? "",
  });
}
