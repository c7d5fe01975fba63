import type {
  ImageContent,
  ImageSpec_Format,
  PoolCapabilities,
  PoolCapacity,
  PoolFile,
  StoragePoolSpec,
  StoragePoolSpec_Backend,
} from "@limiquantix/api";
import type { DiskSource } from "./disk-source.ts";

/**
 * One storage pool as this host reaches it. Every method is idempotent, and none waits longer than its storage's own
 * time-out: a server that is dead answers POOL_UNAVAILABLE here and holds up no other pool. Full: POOL_FULL; what the
 * storage itself refuses: STORAGE_REFUSED with its words; what it cannot do: UNSUPPORTED with the reason that
 * `capabilities.unsupported` has.
 */
export interface VolumeBackend extends AsyncDisposable {
  /* Disposing lets go of what the daemon holds; what guests use stays, as after a kill -9. */

  /** Its name on this host: `local`, or the id of a pool that the control plane declared. */
  readonly pool: string;
  readonly backend: StoragePoolSpec_Backend;
  readonly capabilities: PoolCapabilities;
  /** Undefined: image files are kept in the host's own pool. */
  readonly images?: ImageLibrary | undefined;
  readonly snapshots?: VolumeSnapshots | undefined;
  /** Files of the memory of guests; undefined: they are kept in the host's own pool. */
  readonly memory?: MemoryFiles | undefined;

  /** Measured now. */
  capacity(): Promise<PoolCapacity>;
  /** Makes the volume, or answers the one there is. There is no such volume to others before it is complete. */
  ensureVolume(request: VolumeRequest): Promise<VolumeInfo>;
  findVolume(volumeId: string): Promise<VolumeInfo | undefined>;
  /**
   * Readies a volume for a guest on this host and answers how it is reached: activates a logical volume, takes what lease
   * the storage has. Called again once the guest runs, so that the storage can note who writes. NOT_FOUND;
   * VM_LOCKED_ELSEWHERE while another host has it. `shared`: the volume was made so; nothing is taken that keeps others out.
   */
  attach(volumeId: string, options?: { shared: boolean }): Promise<DiskSource>;
  /** Undoes `attach`, once no guest on this host has it. */
  detach(volumeId: string): Promise<void>;
  /** Grows a volume. `live`: a running guest has it, and the hypervisor tells the guest afterwards (or does it all, for files). */
  growVolume(volumeId: string, sizeBytes: number, options?: { live: boolean }): Promise<void>;
  /** With its snapshots. IN_USE while linked clones are over it, or while another opener is known. */
  deleteVolume(volumeId: string): Promise<void>;
  /** All volumes, by one look at the storage. */
  listVolumes(): Promise<VolumeInfo[]>;
  /** Everything in the pool, ours or not; at most `limit`. */
  listFiles(limit: number): Promise<PoolFile[]>;
  /** Writes a VM's NoCloud seed, or answers the one there is; `files` undefined: answers only one that exists. */
  ensureSeed(vmId: string, files: ReadonlyMap<string, string> | undefined): Promise<DiskSource | undefined>;
  /** The files of a VM's seed, by name; undefined: there is none here. */
  readSeed(vmId: string): Promise<ReadonlyMap<string, string> | undefined>;
  deleteSeed(vmId: string): Promise<void>;
}

/** Opens the pools that the control plane declares. */
export interface PoolOpener {
  /** `pool` is its id. Changes nothing on storage that is in use already. POOL_UNAVAILABLE, POOL_NOT_OURS, UNSUPPORTED. */
  open(pool: string, spec: StoragePoolSpec): Promise<VolumeBackend>;
}

export interface VolumeRequest {
  volumeId: string;
  sizeBytes: number;
  thick: boolean;
  /** For several guests at the same time: raw, and nothing in the storage keeps a second one out. Never with snapshots. */
  shared?: boolean | undefined;
  /** Its contents to begin with; undefined: nothing. */
  from?: VolumeOrigin | undefined;
  /** Ends the work with its reason, and leaves nothing. */
  signal: AbortSignal;
  onProgress: (percent: number) => void;
}

/**
 * Too small for what it begins with: DISK_TOO_SMALL_FOR_IMAGE. A source that is not there: NOT_FOUND; one that a guest
 * has open: IN_USE.
 */
export type VolumeOrigin =
  /** Over the image's blocks where the pool can share them, else a copy. */
  | { kind: "image"; image: StoredImage }
  /** A copy that needs nothing of its source any more: of a volume in this pool that no guest has open, or of its snapshot. */
  | { kind: "volume"; volumeId: string; snapshotId?: string | undefined }
  /** Shares the blocks of a snapshot in this pool. */
  | { kind: "linked"; volumeId: string; snapshotId: string }
  /** A copy of a disk outside of this pool that no guest has open. */
  | { kind: "source"; source: DiskSource };

export interface VolumeInfo {
  volumeId: string;
  sizeBytes: number;
  /** What it takes up, its snapshots included; undefined where that is not known without reading it through. */
  usedBytes: number | undefined;
  /** The image whose blocks it shares; empty: none. */
  imageId: string;
  /** Oldest first. */
  snapshotIds: string[];
}

/**
 * Snapshots of single volumes; the instant common to all disks of a VM is the caller's business. Idempotent: what there is
 * already is answered, what is gone is as good as deleted. NOT_FOUND where a volume or snapshot that is needed is missing.
 */
export interface VolumeSnapshots {
  /**
   * `beneath`: the storage freezes the volume below a guest that stands still. `layers`: the guest has to write into a new
   * layer from then on, to which the hypervisor switches it.
   */
  readonly how: "beneath" | "layers";
  readonly layers?: VolumeLayers | undefined;
  /** Of a volume that no guest writes at the moment. */
  create(volumeId: string, snapshotId: string): Promise<void>;
  /** Makes the volume what it was. No guest has it open: else IN_USE. The snapshot, and all others, stay. */
  revert(volumeId: string, snapshotId: string): Promise<void>;
  /** IN_USE while linked clones are over it. `layers`: only where `layers.planMerge` is done or says nothing. */
  delete(volumeId: string, snapshotId: string, options: SnapshotWork): Promise<void>;
  /** What deleting it would free at most; undefined: not known. */
  usedBytes(volumeId: string, snapshotId: string): Promise<number | undefined>;
}

export interface SnapshotWork {
  signal: AbortSignal;
  onProgress: (percent: number) => void;
}

/**
 * Volumes that are chains of files. What the storage says of a chain and what a guest really writes can differ after a
 * crash between two steps; the guest's definition is right then, and `settle` is told it before anything else.
 */
export interface VolumeLayers {
  /** A new layer over the top, for a running guest to be switched to; `settle` with it makes the snapshot. */
  prepare(volumeId: string, snapshotId: string): Promise<DiskSource>;
  /**
   * What of the chain below the running guest is to be merged, now that this snapshot's name goes: `top` down into `base`.
   * Undefined: nothing that the guest has open; `delete` does the rest.
   */
  planMerge(volumeId: string, snapshotId: string): Promise<{ top: string; base: string; active: boolean } | undefined>;
  /**
   * The guest's definition has this file as the volume's top (see `sourceName`): what was under way is finished or undone by
   * that. A name that is none of its files (any more) says nothing.
   */
  settle(volumeId: string, top: string): Promise<void>;
}

/** Where the memory of guests is written for snapshots. */
export interface MemoryFiles {
  /** Absolute; a file that exists is complete. Write to `${path}.new` and rename. */
  path(snapshotId: string): string;
  sizeBytes(snapshotId: string): Promise<number | undefined>;
  delete(snapshotId: string): Promise<void>;
}

/** The images in a pool. A file counts as an image only when it is complete, checked and inspected. */
export interface ImageLibrary {
  find(imageId: string): Promise<StoredImage | undefined>;
  list(): Promise<StoredImage[]>;
  /** Bytes of an unfinished upload that are safely on disk; 0 when there are none. */
  offset(imageId: string): Promise<number>;
  /**
   * Receives the file from `offset` on, sparsely. At the end: size, checksums, format by content, no reference to
   * other files; then it is an image. A stream that breaks leaves what came, to go on from; bad content is deleted. A
   * VMDK, VHD, VHDX or OVA is answered with that format, and is no image before it is converted.
   */
  write(upload: ImageUpload): Promise<StoredImage>;
  /** Fetches by HTTP(S) with resume; then as `write`. */
  download(request: ImageDownload): Promise<StoredImage>;
  /** Makes an image of what was received in another format, which goes then. NOT_FOUND where nothing was. */
  convert(imageId: string, work: ImageConversion): Promise<StoredImage>;
  read(imageId: string, offset: number): AsyncIterable<Uint8Array>;
  /** Also what is unfinished, or being converted. IMAGE_IN_USE while a volume is an overlay on it. */
  delete(imageId: string): Promise<void>;
}

export interface StoredImage {
  imageId: string;
  path: string;
  format: ImageSpec_Format;
  sizeBytes: number;
  virtualSizeBytes: number;
  sha256: string;
  /** What came, where it was converted. */
  originalFormat?: ImageSpec_Format;
  content?: ImageContent;
}

export interface ImageConversion {
  signal: AbortSignal;
  onProgress: (percent: number) => void;
}

export interface ImageUpload {
  imageId: string;
  offset: number;
  /** Of the whole file; 0: not known beforehand. */
  sizeBytes: number;
  /** Hexadecimal, or empty: not checked. */
  sha256: string;
  sha512: string;
  chunks: AsyncIterable<Uint8Array>;
}

export interface ImageDownload {
  imageId: string;
  url: string;
  sha256: string;
  sha512: string;
  signal: AbortSignal;
  onProgress: (bytes: number, totalBytes: number) => void;
}
