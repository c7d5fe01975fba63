import type { ImageSpec_Format, PoolCapacity, StoragePoolSpec_Backend } from "@limiquantix/api";

/** One storage pool of this host. Every method is idempotent. Full: POOL_FULL; gone: POOL_UNAVAILABLE. */
export interface VolumeBackend {
  /** Its name on this host: local. */
  readonly pool: string;
  readonly backend: StoragePoolSpec_Backend;
  readonly images: ImageLibrary;

  capacity(): Promise<PoolCapacity>;
  /**
   * Makes the volume, or answers the one there is: empty, a copy-on-write overlay where an image is named, or the copy of
   * another volume. There is no such volume to others before it is complete.
   */
  ensureVolume(request: VolumeRequest): Promise<VolumeInfo>;
  findVolume(volumeId: string): Promise<VolumeInfo | undefined>;
  /** Grows a volume that no VM has open. */
  growVolume(volumeId: string, sizeBytes: number): Promise<void>;
  deleteVolume(volumeId: string): Promise<void>;
  /** Ids of all volumes: to find orphans. */
  listVolumes(): Promise<string[]>;
  /** Writes a VM's NoCloud seed and answers its path; one that exists stays as it is. */
  ensureSeed(vmId: string, files: ReadonlyMap<string, string>): Promise<string>;
  findSeed(vmId: string): Promise<string | undefined>;
  deleteSeed(vmId: string): Promise<void>;
}

export interface VolumeRequest {
  volumeId: string;
  sizeBytes: number;
  /** Its contents to begin with; empty: nothing. */
  imageId: string;
  thick: boolean;
  /** Another volume's contents to begin with, instead of an image's. */
  copy?: VolumeCopy;
}

/**
 * A copy that needs nothing of its source any more. NOT_FOUND when the source is not in this pool, IN_USE while a guest
 * has it open, DISK_TOO_SMALL_FOR_IMAGE.
 */
export interface VolumeCopy {
  sourceId: string;
  /** Ends the copying with its reason, and leaves nothing. */
  signal: AbortSignal;
  onProgress: (percent: number) => void;
}

export interface VolumeInfo {
  volumeId: string;
  path: string;
  format: "qcow2" | "raw";
  sizeBytes: number;
  /** The image below it; empty: none. */
  imageId: string;
}

/** The images in a pool. A file counts as an image only when it is complete, checked and inspected. */
export interface ImageLibrary {
  find(imageId: string): Promise<StoredImage | undefined>;
  list(): Promise<StoredImage[]>;
  /** Bytes of an unfinished upload that are safely on disk; 0 when there are none. */
  offset(imageId: string): Promise<number>;
  /**
   * Receives the file from `offset` on, sparsely. At the end: size, checksums, format by content, no reference to
   * other files; then it is an image. A stream that breaks leaves what came, to go on from; bad content is deleted.
   */
  write(upload: ImageUpload): Promise<StoredImage>;
  /** Fetches by HTTP(S) with resume; then as `write`. */
  download(request: ImageDownload): Promise<StoredImage>;
  read(imageId: string, offset: number): AsyncIterable<Uint8Array>;
  /** Also what is unfinished. IMAGE_IN_USE while a volume is an overlay on it. */
  delete(imageId: string): Promise<void>;
}

export interface StoredImage {
  imageId: string;
  path: string;
  format: ImageSpec_Format;
  sizeBytes: number;
  virtualSizeBytes: number;
  sha256: string;
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
