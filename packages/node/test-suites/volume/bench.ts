import { isProblem, Reason } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { expect } from "vitest";
import type {
  DiskSource,
  SnapshotWork,
  StoredImage,
  VolumeBackend,
  VolumeInfo,
  VolumeOrigin,
  VolumeRequest,
  VolumeSnapshots,
} from "../../src/index.ts";

/** A backend over storage of its own, and what a test needs to see the bytes in it. */
export interface VolumeFixture {
  readonly backend: VolumeBackend;
  /** The backend as after a restart of the daemon: the same storage, nothing else; the one before is not used any more. */
  reopen(): Promise<VolumeBackend>;
  /** A complete qcow2 file of this virtual size, which begins with `contents`. */
  qcow2(virtualSizeBytes: number, contents?: Uint8Array): Promise<Uint8Array>;
  /** The same as a file in another pool; only asked where the backend has no library of its own. */
  image(virtualSizeBytes: number, contents?: Uint8Array): Promise<StoredImage>;
  /** A disk outside of the pool. */
  outside(sizeBytes: number, contents: Uint8Array): Promise<DiskSource>;
  /** Writes as a guest does that has the disk. */
  write(source: DiskSource, offset: number, bytes: Uint8Array): Promise<void>;
  read(source: DiskSource, offset: number, length: number): Promise<Uint8Array>;
  /** Leaves at most 8 MiB free in the pool, and answers how to free the rest again; or why it cannot. */
  fill: (() => Promise<() => Promise<void>>) | { cannot: string };
  /** Puts something into the pool that is not ours, and answers its path there; or why nobody could. */
  foreign: (() => Promise<string>) | { cannot: string };
  /** Does what the hypervisor does with a merge of `planMerge` for a guest that has `guestTop`. Needed for `layers`. */
  merge?(plan: { top: string; base: string; active: boolean }, guestTop: string): Promise<void>;
  close(): Promise<void>;
}

export const MIB = 1024 ** 2;
/** Of the volumes of the cases. */
export const SIZE = 64 * MIB;
const BLOCK = 4096;

/** Offset in MiB → what is written there; "": zeros. */
export type Contents = Record<number, string>;

/** One case's storage, in the words that the cases are written in. */
export class VolumeBench {
  readonly fixture: VolumeFixture;
  #backend: VolumeBackend;

  constructor(fixture: VolumeFixture) {
    this.fixture = fixture;
    this.#backend = fixture.backend;
  }

  get backend(): VolumeBackend {
    return this.#backend;
  }

  /** Where the backend has none it says why, and the answer is undefined. */
  snapshots(): VolumeSnapshots | undefined {
    const { snapshots } = this.backend;
    expect(this.backend.capabilities.snapshots).toBe(snapshots !== undefined);
    if (!snapshots) expect(this.backend.capabilities.unsupported["snapshots"]).toBeTruthy();
    return snapshots;
  }

  async restart(): Promise<void> {
    this.#backend = await this.fixture.reopen();
  }

  close(): Promise<void> {
    return this.fixture.close();
  }

  request(more: Partial<VolumeRequest> = {}): VolumeRequest {
    return {
      volumeId: newId(),
      sizeBytes: SIZE,
      thick: !this.backend.capabilities.thin,
      signal: new AbortController().signal,
      onProgress: () => {},
      ...more,
    };
  }

  /** Makes a volume and answers its id. */
  async volume(contents: Contents = {}, more: Partial<VolumeRequest> = {}): Promise<string> {
    const { volumeId } = await this.backend.ensureVolume(this.request(more));
    await this.write(volumeId, contents);
    return volumeId;
  }

  copy(from: VolumeOrigin, more: Partial<VolumeRequest> = {}): Promise<string> {
    return this.volume({}, { from, ...more });
  }

  async snapshot(volumeId: string): Promise<string> {
    const snapshotId = newId();
    await this.backend.snapshots?.create(volumeId, snapshotId);
    return snapshotId;
  }

  async write(volumeId: string, contents: Contents): Promise<void> {
    const source = await this.backend.attach(volumeId);
    await this.writeTo(source, contents);
    await this.backend.detach(volumeId);
  }

  async writeTo(source: DiskSource, contents: Contents): Promise<void> {
    for (const [at, text] of Object.entries(contents)) await this.fixture.write(source, Number(at) * MIB, block(text));
  }

  /** Asserts what is in a volume. */
  async sees(volumeId: string, contents: Contents): Promise<void> {
    const source = await this.backend.attach(volumeId);
    expect(await this.readFrom(source, contents)).toEqual(contents);
    await this.backend.detach(volumeId);
  }

  /** What is at the places of `contents`. */
  async readFrom(source: DiskSource, contents: Contents): Promise<Contents> {
    const seen: Contents = {};
    for (const at of Object.keys(contents).map(Number))
      seen[at] = textOf(await this.fixture.read(source, at * MIB, BLOCK));
    return seen;
  }

  /** An image that begins with `text`, kept where images are kept. */
  async image(sizeBytes: number, text: string): Promise<StoredImage> {
    const { images } = this.backend;
    if (!images) return this.fixture.image(sizeBytes, block(text));
    return images.write(upload(newId(), await this.fixture.qcow2(sizeBytes, block(text))));
  }

  async info(volumeId: string): Promise<VolumeInfo> {
    const found = await this.backend.findVolume(volumeId);
    if (!found) throw new Error(`there is no volume ${volumeId}`);
    return found;
  }

  async ids(): Promise<string[]> {
    return (await this.backend.listVolumes()).map(({ volumeId }) => volumeId).toSorted();
  }

  /** What in the pool belongs to this owner, or to anybody. */
  async files(ownerId?: string): Promise<string[]> {
    const files = await this.backend.listFiles(10_000);
    return files
      .filter((file) => (ownerId === undefined ? file.ownerId !== "" : file.ownerId === ownerId))
      .map((file) => file.path)
      .toSorted();
  }

  /** Asserts that the backend cannot do this, that it says why, and that `call` ends so. */
  async cannot(capability: string, call?: () => Promise<unknown>): Promise<void> {
    const why = this.backend.capabilities.unsupported[capability];
    expect(why, `a reason for ${capability}`).toBeTruthy();
    if (!call) return;
    const error: unknown = await call().catch((error: unknown) => error);
    if (!isProblem(error, Reason.UNSUPPORTED)) throw new Error(`it did not end with UNSUPPORTED`, { cause: error });
    expect(error.message).toContain(why);
  }
}

/** Work that nobody calls off. */
export function work(signal = new AbortController().signal): SnapshotWork {
  return { signal, onProgress: () => {} };
}

/** A block that says `text` over and over. */
export function block(text: string): Uint8Array {
  const bytes = new Uint8Array(BLOCK);
  const unit = new TextEncoder().encode(text);
  for (let at = 0; unit.length > 0 && at < BLOCK; at++) bytes[at] = unit[at % unit.length] ?? 0;
  return bytes;
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length !== BLOCK) return `${bytes.length} bytes`;
  if (bytes.every((byte) => byte === 0)) return "";
  const text = new TextDecoder().decode(bytes);
  for (let length = 1; length <= 64; length++) {
    const unit = text.slice(0, length);
    if (unit.repeat(Math.ceil(BLOCK / length)).slice(0, BLOCK) === text) return unit;
  }
  return `something else: ${JSON.stringify(text.slice(0, 64))}`;
}

export function upload(imageId: string, file: Uint8Array) {
  return { imageId, offset: 0, sizeBytes: file.length, sha256: "", sha512: "", chunks: chunks(file) };
}

export async function* chunks(file: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < file.length; at += 64 * 1024) yield file.slice(at, at + 64 * 1024);
}
