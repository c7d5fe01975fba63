import { create } from "@bufbuild/protobuf";
import {
  type PoolCapabilities,
  type PoolCapacity,
  PoolCapacitySchema,
  type PoolFile,
  PoolFile_Type as Type,
  PoolFileSchema,
  problem,
  Reason,
  StoragePoolSpec_Backend,
} from "@limiquantix/api";
import { type Clock, formatBytes, type Log, newId } from "@limiquantix/kit";
import type { DiskSource, VolumeBackend, VolumeInfo, VolumeRequest } from "@limiquantix/node";
import { readFile } from "node:fs/promises";
import { KeyedQueue } from "../files/keyed-queue.ts";
import { QemuImg } from "../file-pool/qemu-img.ts";
import { filesOfSeed, noCloudSeed } from "../nocloud/seed.ts";
import { Attachments } from "./attachments.ts";
import { type Definition, Definitions } from "./definitions.ts";
import { wholeSize, writeBytes } from "./devices.ts";
import { GoldenCopies, type QemuCopies } from "./golden-copies.ts";
import { linstorCapabilities } from "./linstor-capabilities.ts";
import { LinstorClient, type LinstorAccess } from "./linstor-client.ts";
import { inUse, notFound, typed } from "./linstor-failure.ts";
import { LinstorSnapshots } from "./linstor-snapshots.ts";
import { BASE, parseName, seedName, snapshotIdOf, volumeName } from "./names.ts";
import { NewVolume, type NewVolumeParts } from "./new-volume.ts";
import { nodeOfThisHost, Places, type Room, roomOf } from "./places.ts";
import { currentOf, turnsOf, Volumes } from "./volumes.ts";

export interface LinstorPoolOptions extends LinstorHost {
  /** The pool's id. */
  pool: string;
  access: LinstorAccess;
  group: string;
}

/** What this host brings along. */
export interface LinstorHost {
  /** This host's id, the same after a restart. */
  host: string;
  /** Files with the keys of all pools that are open here, base64, by secret. */
  keyFiles: ReadonlyMap<string, string>;
  clock: Clock;
  log: Log;
  /** How the controller calls this host; undefined: found out. */
  node?: string | undefined;
  qemuImg?: QemuCopies | undefined;
}

const SWEEP_EVERY_MS = 3600_000;
/** Tells this life of the daemon from those before. */
const LIFE = newId();

/** A resource group of a LINSTOR controller: volumes are DRBD devices, replicated as the group says. */
export class LinstorPool implements VolumeBackend {
  readonly pool: string;
  readonly backend = StoragePoolSpec_Backend.LINSTOR;
  readonly capabilities: PoolCapabilities;
  readonly snapshots: LinstorSnapshots | undefined;
  readonly #options: LinstorPoolOptions;
  readonly #client: LinstorClient;
  readonly #definitions: Definitions;
  readonly #volumes: Volumes;
  readonly #places: Places;
  readonly #attachments: Attachments;
  readonly #golden: GoldenCopies;
  readonly #newVolumes: NewVolumeParts;
  readonly #queue = new KeyedQueue();
  #sweptAtMs: number;

  private constructor(
    options: LinstorPoolOptions,
    client: LinstorClient,
    { node, room }: { node: string; room: Room },
  ) {
    const { pool, group, host, clock, log, keyFiles, qemuImg = new QemuImg() } = options;
    this.pool = pool;
    this.#options = options;
    this.#client = client;
    this.capabilities = linstorCapabilities(room);
    const definitions = new Definitions({ client, group, clock, maker: `${host}/${LIFE}` });
    const places = new Places({ client, clock, node });
    const volumes = new Volumes({ definitions, places, hasSnapshots: room.hasSnapshots });
    const attachments = new Attachments(places);
    const golden = new GoldenCopies({ definitions, attachments, qemuImg, clock, log });
    this.#definitions = definitions;
    this.#places = places;
    this.#volumes = volumes;
    this.#attachments = attachments;
    this.#golden = golden;
    const secretFile = (secretId: string) => keyFiles.get(secretId);
    this.#newVolumes = { definitions, volumes, places, attachments, golden, qemuImg, room, secretFile, log };
    this.#sweptAtMs = clock.now();
    if (room.hasSnapshots)
      this.snapshots = new LinstorSnapshots({
        definitions,
        volumes,
        places,
        attachments,
        inTurn: (volumeId, what, work) => this.#queue.run(volumeId, () => this.#typed(what, work)),
      });
  }

  /** POOL_UNAVAILABLE. Ends what an earlier daemon of this host began. */
  static async open(options: LinstorPoolOptions): Promise<LinstorPool> {
    const { pool, access, group } = options;
    const client = new LinstorClient(access);
    return typed(pool, "to be opened", async () => {
      const room = await roomOf(client, pool, group);
      const node = options.node ?? (await nodeOfThisHost(client, pool));
      const opened = new LinstorPool(options, client, { node, room });
      await opened.#settle();
      return opened;
    });
  }

  /** Nothing is held; guests go on. */
  async [Symbol.asyncDispose](): Promise<void> {}

  async capacity(): Promise<PoolCapacity> {
    return this.#typed("its size", async () => {
      this.#sweep();
      const [room, definitions] = await Promise.all([this.#room(), this.#definitions.list()]);
      const isVolume = (one: Definition) => {
        const known = parseName(one.name);
        return known?.kind === "volume" && currentOf(definitions, known.ownerId)?.name === one.name;
      };
      const provisioned = definitions.filter(isVolume).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return create(PoolCapacitySchema, {
        totalBytes: BigInt(room.totalBytes),
        usedBytes: BigInt(Math.max(0, room.totalBytes - room.freeBytes)),
        availableBytes: BigInt(Math.min(room.totalBytes, room.freeBytes)),
        provisionedBytes: BigInt(provisioned),
      });
    });
  }

  async ensureVolume(request: VolumeRequest): Promise<VolumeInfo> {
    const { volumeId, thick, sizeBytes } = request;
    volumeName(volumeId);
    return this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const there = await this.#find(volumeId);
        if (there) return there;
        if (thick) await this.#assertRoom(sizeBytes);
        await new NewVolume(this.#newVolumes, request).make();
        const made = await this.#find(volumeId);
        if (!made) throw new Error(`volume ${volumeId} vanished right after it was made`);
        return made;
      }),
    );
  }

  async findVolume(volumeId: string): Promise<VolumeInfo | undefined> {
    volumeName(volumeId);
    return this.#typed(`volume ${volumeId}`, () => this.#find(volumeId));
  }

  async attach(volumeId: string): Promise<DiskSource> {
    volumeName(volumeId);
    return this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const volume = await this.#volumes.find(volumeId);
        if (!volume) throw notFound("volume", volumeId);
        return block(await this.#attachments.attach(volume.name, volumeId));
      }),
    );
  }

  async detach(volumeId: string): Promise<void> {
    volumeName(volumeId);
    await this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const volume = await this.#volumes.find(volumeId);
        if (volume) await this.#attachments.detach(volume.name, volumeId);
      }),
    );
  }

  /** A guest that has it is told of its size by the hypervisor. */
  async growVolume(volumeId: string, sizeBytes: number): Promise<void> {
    volumeName(volumeId);
    await this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const volume = await this.#volumes.find(volumeId);
        if (!volume) throw notFound("volume", volumeId);
        const wanted = wholeSize(sizeBytes);
        if (wanted < volume.sizeBytes)
          throw problem(Reason.DISK_CANNOT_SHRINK, {
            disk: volumeId,
            current: formatBytes(volume.sizeBytes),
            wanted: formatBytes(wanted),
          });
        if (wanted > volume.sizeBytes) await this.#definitions.grow(volume.name, wanted);
      }),
    );
  }

  async deleteVolume(volumeId: string): Promise<void> {
    volumeName(volumeId);
    await this.#queue.run(volumeId, () =>
      this.#typed(`volume ${volumeId}`, async () => {
        const look = await this.#volumes.look();
        const turns = turnsOf(look.definitions, volumeId);
        const names = turns.map(({ name }) => name);
        if (names.length === 0) return;
        this.#volumes.assertNoClones(look, { kind: "volume", id: volumeId }, names);
        const places = await this.#places.list(...names);
        if (places.some(({ isInUse }) => isInUse)) throw inUse("volume", volumeId, "it is open");
        if (names.some((name) => this.#attachments.isCopied(name)))
          throw inUse("volume", volumeId, "it is being copied");
        // What is the volume goes last: with one of those before left over, that one would be the volume.
        const current = currentOf(look.definitions, volumeId)?.name;
        for (const name of names.filter((one) => one !== current))
          await this.#definitions.discard(name, look.snapshots);
        if (current) await this.#definitions.discard(current, look.snapshots);
        for (const name of names) this.#attachments.forget(name);
      }),
    );
  }

  async listVolumes(): Promise<VolumeInfo[]> {
    return this.#typed("the list of its volumes", () => this.#volumes.infos());
  }

  async listFiles(limit: number): Promise<PoolFile[]> {
    return this.#typed("the list of its resources", async () => {
      const { definitions, snapshots } = await this.#volumes.look();
      const names = new Set(definitions.map(({ name }) => name));
      const files = [
        ...definitions.map(({ name, sizeBytes }) => poolFile(name, undefined, sizeBytes)),
        ...snapshots.flatMap(({ of, name, sizeBytes }) =>
          // The snapshot of a golden copy is a part of it.
          names.has(of) && !(parseName(of)?.kind === "image" && name === BASE) ? poolFile(of, name, sizeBytes) : [],
        ),
      ];
      // What is ours comes first, so that a limit cuts off what is not.
      const isForeign = ({ type }: PoolFile) => type === Type.FOREIGN;
      return [...files.filter((file) => !isForeign(file)), ...files.filter(isForeign)].slice(0, limit);
    });
  }

  /** A seed stays reachable from this host as long as it is there: nobody attaches it. */
  async ensureSeed(vmId: string, files: ReadonlyMap<string, string> | undefined): Promise<DiskSource | undefined> {
    const name = seedName(vmId);
    return this.#queue.run(name, () =>
      this.#typed(`the seed of VM ${vmId}`, async () => {
        const there = (await this.#definitions.list()).find((one) => one.name === name);
        if (there?.isComplete) return block(await this.#places.available(name));
        if (!files) return undefined;
        const bytes = noCloudSeed(files);
        await this.#definitions.begin(name);
        await this.#definitions.place(name, wholeSize(Math.ceil(bytes.length / 512) * 512));
        const device = await this.#places.available(name);
        await writeBytes(device, bytes);
        await this.#definitions.complete(name);
        return block(device);
      }),
    );
  }

  async readSeed(vmId: string): Promise<ReadonlyMap<string, string> | undefined> {
    const seed = await this.ensureSeed(vmId, undefined);
    return seed?.kind === "block" ? filesOfSeed(await readFile(seed.path)) : undefined;
  }

  async deleteSeed(vmId: string): Promise<void> {
    const name = seedName(vmId);
    await this.#queue.run(name, () =>
      this.#typed(`the seed of VM ${vmId}`, async () => {
        if ((await this.#definitions.list()).some((one) => one.name === name))
          await this.#definitions.discard(name, []);
      }),
    );
  }

  /** What this host began in an earlier life nobody works on any more. */
  async #settle(): Promise<void> {
    const { definitions, snapshots } = await this.#volumes.look();
    for (const one of definitions)
      if (parseName(one.name) && this.#definitions.standing(one) === "left over")
        await this.#definitions.discard(one.name, snapshots);
    for (const { name } of definitions) {
      const known = parseName(name);
      if (known?.kind === "volume" && turnsOf(definitions, known.ownerId).length > 1)
        await this.#queue.run(known.ownerId, () => this.snapshots?.settle(known.ownerId));
    }
  }

  async #find(volumeId: string): Promise<VolumeInfo | undefined> {
    return (await this.#volumes.infos(volumeId))[0];
  }

  #room(): Promise<Room> {
    return roomOf(this.#client, this.pool, this.#options.group);
  }

  async #assertRoom(sizeBytes: number): Promise<void> {
    const { freeBytes } = await this.#room();
    if (sizeBytes > freeBytes)
      throw problem(Reason.POOL_FULL, {
        pool: this.pool,
        needed: formatBytes(sizeBytes),
        available: formatBytes(freeBytes),
      });
  }

  /** In the background, once in a while. */
  #sweep(): void {
    const { clock, log } = this.#options;
    if (clock.now() - this.#sweptAtMs < SWEEP_EVERY_MS) return;
    this.#sweptAtMs = clock.now();
    const sweep = async () => {
      await this.#settle();
      await this.#golden.sweep();
    };
    sweep().catch((error: unknown) => log.warn("sweep a pool", { pool: this.pool, err: error }));
  }

  #typed<T>(what: string, work: () => Promise<T>): Promise<T> {
    return typed(this.pool, what, work);
  }
}

function block(path: string): DiskSource {
  return { kind: "block", path, format: "raw" };
}

const TYPES = { volume: Type.VOLUME, image: Type.IMAGE, seed: Type.SEED } as const;

function poolFile(name: string, snapshot: string | undefined, sizeBytes: number): PoolFile {
  const known = parseName(name);
  const isOurs = known !== undefined && (snapshot === undefined || snapshotIdOf(snapshot) !== undefined);
  return create(PoolFileSchema, {
    path: snapshot === undefined ? name : `${name}@${snapshot}`,
    type: !isOurs ? Type.FOREIGN : snapshot === undefined ? TYPES[known.kind] : Type.SNAPSHOT,
    sizeBytes: BigInt(sizeBytes),
    ownerId: isOurs ? known.ownerId : "",
  });
}
