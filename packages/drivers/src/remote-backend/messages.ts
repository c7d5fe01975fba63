import type { PoolCapabilities, PoolCapacity, PoolFile, StoragePoolSpec_Backend } from "@limiquantix/api";
import type { DiskSource, ImageDownload, ImageUpload, StoredImage, VolumeInfo, VolumeRequest } from "@limiquantix/node";
import type { SentError } from "./sent-error.ts";

/** What of a request goes over the line; the rest of it are messages of their own. */
type Sent<T> = Omit<T, "signal" | "onProgress" | "chunks">;
type Plan = { top: string; base: string; active: boolean };

/** What can be asked of a backend in another process: the methods of the port, by their place in it. */
export interface Calls {
  open: (order: unknown) => BackendFacts;
  /** Undoes what opening did to the host, whether this process did it or one before. */
  release: (order: unknown) => void;
  probe: () => void;
  capacity: () => PoolCapacity;
  /** `secretFile` holds the secret of a disk outside of the pool. */
  ensureVolume: (request: Sent<VolumeRequest>, secretFile: string | undefined) => VolumeInfo;
  findVolume: (volumeId: string) => VolumeInfo | undefined;
  attach: (volumeId: string, options: { shared: boolean } | undefined) => DiskSource;
  detach: (volumeId: string) => void;
  growVolume: (volumeId: string, sizeBytes: number, options: { live: boolean } | undefined) => void;
  deleteVolume: (volumeId: string) => void;
  listVolumes: () => VolumeInfo[];
  listFiles: (limit: number) => PoolFile[];
  ensureSeed: (vmId: string, files: ReadonlyMap<string, string> | undefined) => DiskSource | undefined;
  readSeed: (vmId: string) => ReadonlyMap<string, string> | undefined;
  deleteSeed: (vmId: string) => void;
  "snapshots.create": (volumeId: string, snapshotId: string) => void;
  "snapshots.revert": (volumeId: string, snapshotId: string) => void;
  "snapshots.delete": (volumeId: string, snapshotId: string) => void;
  "snapshots.usedBytes": (volumeId: string, snapshotId: string) => number | undefined;
  "layers.prepare": (volumeId: string, snapshotId: string) => DiskSource;
  "layers.planMerge": (volumeId: string, snapshotId: string) => Plan | undefined;
  "layers.settle": (volumeId: string, top: string) => void;
  "memory.sizeBytes": (snapshotId: string) => number | undefined;
  "memory.delete": (snapshotId: string) => void;
  "images.find": (imageId: string) => StoredImage | undefined;
  "images.list": () => StoredImage[];
  "images.offset": (imageId: string) => number;
  /** The bytes come as pieces. */
  "images.write": (upload: Sent<ImageUpload>) => StoredImage;
  "images.download": (request: Sent<ImageDownload>) => StoredImage;
  "images.convert": (imageId: string) => StoredImage;
  /** The bytes go back as pieces, before the answer. */
  "images.read": (imageId: string, offset: number) => void;
  "images.delete": (imageId: string) => void;
}

export type Method = keyof Calls;
export type Answer<M extends Method> = ReturnType<Calls[M]>;

/** What a backend says of itself once it is open. */
export interface BackendFacts {
  pool: string;
  backend: StoragePoolSpec_Backend;
  capabilities: PoolCapabilities;
  hasImages: boolean;
  snapshots: { how: "beneath" | "layers"; hasLayers: boolean } | undefined;
  /** The path of the memory of `sampleId`, where there is a place for it. */
  memory: { path: string; sampleId: string } | undefined;
}

/** A piece of a file: either end sends so many before it hears that the first was used. */
export const PIECES_AHEAD = 8;
export const PIECE_BYTES = 256 * 1024;

export type Piece =
  | { kind: "piece"; id: number; bytes: Uint8Array }
  | { kind: "used"; id: number }
  | { kind: "end"; id: number }
  | { kind: "broken"; id: number; error: SentError };

export type ToHost =
  | { kind: "call"; id: number; method: Method; given: unknown[] }
  | { kind: "abort"; id: number; reason: SentError }
  | Piece;

export type ToClient =
  | { kind: "answer"; id: number; value: unknown }
  /** `aborted`: with the reason that it was called off for. */
  | { kind: "failure"; id: number; error: SentError; aborted: boolean }
  | { kind: "progress"; id: number; values: number[] }
  | { kind: "log"; level: "debug" | "info" | "warn" | "error"; message: string; fields: Record<string, string> }
  | Piece;
