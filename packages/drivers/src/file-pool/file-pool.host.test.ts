import { isProblem, PoolFile_Type, Reason } from "@limiquantix/api";
import { GIB, MIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import type { StoredImage, VolumeOrigin, VolumeRequest } from "@limiquantix/node";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { qcow2Image, rawImage } from "../testing/disk-images.ts";
import { mountedFileSystem, unmount } from "../testing/file-pool-fixture.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { FilePool } from "./file-pool.ts";

const run = promisify(execFile);
const open = (root: string) => FilePool.open({ pool: "local", root, clock: systemClock, log: silentLog });
const work = () => ({ signal: new AbortController().signal, onProgress: () => {} });

async function withImage(pool: FilePool, content: Buffer): Promise<StoredImage> {
  const upload = { imageId: newId(), offset: 0, sizeBytes: content.length, sha256: "", sha512: "" };
  return pool.images.write({
    ...upload,
    chunks: (async function* () {
      yield content;
    })(),
  });
}

const request = (more: Partial<VolumeRequest> = {}): VolumeRequest => ({
  volumeId: newId(),
  sizeBytes: GIB,
  thick: false,
  ...work(),
  ...more,
});

async function pathOf(pool: FilePool, volumeId: string): Promise<string> {
  const source = await pool.attach(volumeId);
  if (source.kind !== "file") throw new Error("a file pool has files");
  return source.path;
}

async function qemuInfo(path: string) {
  const { stdout } = await run("qemu-img", ["info", "-f", "qcow2", "--output=json", path]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

/** A process that has the disk open for writing, as a guest has; the function ends it. */
async function guestOf(path: string): Promise<() => Promise<void>> {
  const guest = spawn("qemu-io", ["-f", "qcow2", path], { stdio: ["pipe", "pipe", "inherit"] });
  await once(guest.stdout, "data");
  return async () => {
    guest.kill();
    await once(guest, "close");
  };
}

/** A volume over an image, with data at 32 MiB. */
async function withData(pool: FilePool, { mib = 4 } = {}) {
  const image = await withImage(pool, qcow2Image({ virtualSizeBytes: 64 * MIB }));
  const volume = await pool.ensureVolume(request({ from: { kind: "image", image } }));
  const path = await pathOf(pool, volume.volumeId);
  await run("qemu-io", ["-f", "qcow2", "-c", `write -P 7 32M ${mib}M`, path]);
  return { ...volume, path };
}

/** Each followed by more data, below and above what there was; answers where the guest is now. */
async function withSnapshots(pool: FilePool, volumeId: string, count: number): Promise<string> {
  for (let number = 1; number <= count; number++) {
    await pool.snapshots.create(volumeId, newId());
    const write = `write -P ${number} ${number * 8}M ${28 - number * 8}M`;
    await run("qemu-io", ["-f", "qcow2", "-c", write, await pathOf(pool, volumeId)]);
  }
  return pathOf(pool, volumeId);
}

const copyOf = (volumeId: string): { from: VolumeOrigin } => ({ from: { kind: "volume", volumeId } });
const same = (a: string, b: string) => run("qemu-img", ["compare", "-f", "qcow2", "-F", "qcow2", a, b]);

describe("FilePool", () => {
  it("keeps a volume without snapshots as the one file that it always was", async () => {
    const root = await temporaryDirectory();
    const pool = await open(root);
    const { volumeId } = await pool.ensureVolume(request());
    expect(await readdir(join(root, "volumes"))).toEqual([`${volumeId}.qcow2`]);
    const path = await pathOf(pool, volumeId);
    expect(await qemuInfo(path)).toMatchObject({ "virtual-size": GIB, format: "qcow2" });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await pool.capacity()).provisionedBytes).toBe(BigInt(GIB));
  });

  it.each([
    ["qcow2", qcow2Image({ virtualSizeBytes: 64 * MIB })],
    ["raw", rawImage()],
  ])("lays a volume over a %s image and keeps that from being deleted", async (format, content) => {
    const pool = await open(await temporaryDirectory());
    const image = await withImage(pool, content);
    for (const thick of [false, true]) {
      const from = { kind: "image", image } as const;
      const volume = await pool.ensureVolume(request({ sizeBytes: 128 * MIB, from, thick }));
      expect(volume.imageId).toBe(image.imageId);
      const path = await pathOf(pool, volume.volumeId);
      expect(await qemuInfo(path)).toMatchObject({ "backing-filename-format": format });
      if (thick) expect((await stat(path)).blocks * 512).toBeGreaterThanOrEqual(128 * MIB);
      await pool.snapshots.create(volume.volumeId, newId());
      expect((await pool.findVolume(volume.volumeId))?.imageId).toBe(image.imageId);
    }
    await expect(pool.images.delete(image.imageId)).rejects.toMatchObject({ reason: Reason.IMAGE_IN_USE });
    for (const { volumeId } of await pool.listVolumes()) await pool.deleteVolume(volumeId);
    await pool.images.delete(image.imageId);
    expect(await pool.images.list()).toEqual([]);
  });

  it.each([0, 2])("copies a volume with %i snapshots above the same image", async (snapshots) => {
    const root = await temporaryDirectory();
    const pool = await open(root);
    const source = await withData(pool);
    const top = await withSnapshots(pool, source.volumeId, snapshots);
    const told: number[] = [];
    for (const thick of [false, true]) {
      const onProgress = (percent: number) => told.push(percent);
      const copy = await pool.ensureVolume(
        request({ ...copyOf(source.volumeId), sizeBytes: 2 * GIB, thick, onProgress }),
      );
      const path = await pathOf(pool, copy.volumeId);
      expect(copy).toMatchObject({ imageId: source.imageId, sizeBytes: 2 * GIB });
      expect(await qemuInfo(path)).toMatchObject({ "backing-filename": `../images/${source.imageId}.qcow2` });
      if (thick) expect((await stat(path)).blocks * 512).toBeGreaterThanOrEqual(2 * GIB);
      await same(top, path);
    }
    expect(told.at(-1)).toBe(100);
  });

  it("shares blocks where the file system does", async () => {
    const root = await mountedFileSystem(["mkfs.xfs", "-q", "-m", "reflink=1"], 512);
    onTestFinished(() => unmount(root));
    const pool = await open(join(root, "pool"));
    expect(pool.capabilities.instantClones).toBe(true);
    const source = await withData(pool, { mib: 200 });
    const snapshotId = newId();
    await pool.snapshots.create(source.volumeId, snapshotId);
    const before = Number((await pool.capacity()).usedBytes);
    const from = { kind: "volume", volumeId: source.volumeId, snapshotId } as const;
    const copy = await pool.ensureVolume(request({ from, sizeBytes: 2 * GIB }));
    expect(Number((await pool.capacity()).usedBytes) - before).toBeLessThan(20 * MIB);
    expect(copy.sizeBytes).toBe(2 * GIB);
    const path = await pathOf(pool, copy.volumeId);
    const { stdout } = await run("qemu-io", ["-f", "qcow2", "-c", "read -P 7 32M 200M", path]);
    expect(stdout).not.toContain("Pattern verification failed");
  });

  it("refuses what a guest's open disk does not allow", async () => {
    const pool = await open(await temporaryDirectory());
    const { volumeId, path } = await withData(pool);
    const snapshotId = newId();
    await pool.snapshots.create(volumeId, snapshotId);
    const end = await guestOf(await pathOf(pool, volumeId));
    for (const refused of [
      () => pool.ensureVolume(request(copyOf(volumeId))),
      () => pool.growVolume(volumeId, 2 * GIB),
      () => pool.deleteVolume(volumeId),
      () => pool.snapshots.create(volumeId, newId()),
      () => pool.snapshots.revert(volumeId, snapshotId),
    ])
      await expect(refused()).rejects.toMatchObject({ reason: Reason.IN_USE });
    await pool.growVolume(volumeId, 2 * GIB, { live: true });
    // Of a snapshot nobody writes.
    const from = { kind: "volume", volumeId, snapshotId } as const;
    const copy = await pool.ensureVolume(request({ from }));
    await same(path, await pathOf(pool, copy.volumeId));
    await end();
    await pool.snapshots.revert(volumeId, snapshotId);
    await pool.deleteVolume(volumeId);
  });

  it("leaves a layer that a guest has open for later, and merges it then", async () => {
    const root = await temporaryDirectory();
    const pool = await open(root);
    const { volumeId } = await withData(pool);
    const snapshotId = newId();
    await pool.snapshots.create(volumeId, snapshotId);
    const end = await guestOf(await pathOf(pool, volumeId));
    await pool.snapshots.delete(volumeId, snapshotId, work());
    expect((await pool.findVolume(volumeId))?.snapshotIds).toEqual([]);
    const layers = async () => (await readdir(join(root, "volumes"))).filter((name) => name.endsWith(".qcow2")).length;
    expect(await layers()).toBe(2);
    await end();
    await pool.snapshots.delete(volumeId, snapshotId, work());
    expect(await layers()).toBe(1);
    const path = await pathOf(pool, volumeId);
    const { stdout } = await run("qemu-io", ["-f", "qcow2", "-c", "read -P 7 32M 4M", path]);
    expect(stdout).not.toContain("Pattern verification failed");
  });

  it("answers where the guest is while it is being switched, and believes nobody else then", async () => {
    const pool = await open(await temporaryDirectory());
    const { volumeId, path } = await withData(pool);
    const end = await guestOf(path);
    await pool.snapshots.layers.prepare(volumeId, newId());
    expect(await pathOf(pool, volumeId)).toBe(path);
    await expect(pool.snapshots.create(volumeId, newId())).rejects.toMatchObject({ reason: Reason.IN_USE });
    await end();
    // It is off, and wrote nothing into the new layer.
    await pool.snapshots.create(volumeId, newId());
    expect((await pool.findVolume(volumeId))?.snapshotIds.length).toBe(1);
  });

  it.each([0, 2])("makes nothing of a copy that is called off in the middle: %i snapshots", async (snapshots) => {
    const root = await temporaryDirectory();
    const pool = await open(root);
    const source = await withData(pool, { mib: 300 });
    const top = await withSnapshots(pool, source.volumeId, snapshots);
    const before = await readdir(join(root, "volumes"));
    const abort = new AbortController();
    const onProgress = () => abort.abort(new Error("called off"));
    const wanted = request({ ...copyOf(source.volumeId), signal: abort.signal, onProgress });
    await expect(pool.ensureVolume(wanted)).rejects.toThrow("called off");
    expect(await readdir(join(root, "volumes"))).toEqual(before);
    const copy = await pool.ensureVolume(request({ ...copyOf(source.volumeId), volumeId: wanted.volumeId }));
    await same(top, await pathOf(pool, copy.volumeId));
  });

  it.each([{ restarted: false }, { restarted: true }])(
    "takes no copy for finished that was killed while it was over its source (restarted: $restarted)",
    async ({ restarted }) => {
      const root = await temporaryDirectory();
      const pool = await open(root);
      const source = await withData(pool);
      const top = await withSnapshots(pool, source.volumeId, 2);
      const wanted = request(copyOf(source.volumeId));
      const half = join(root, "volumes", `${wanted.volumeId}.qcow2.new`);
      await run("qemu-img", ["create", "-f", "qcow2", "-u", "-b", basename(top), "-F", "qcow2", half, String(GIB)]);
      const next = restarted ? await open(root) : pool;
      expect((await next.listVolumes()).map(({ volumeId }) => volumeId)).toEqual([source.volumeId]);
      const copy = await next.ensureVolume(wanted);
      expect(copy.imageId).toBe(source.imageId);
      const path = await pathOf(next, copy.volumeId);
      await same(top, path);
      await next.deleteVolume(source.volumeId);
      expect(await readdir(join(root, "volumes"))).toEqual([basename(path)]);
    },
  );

  it("sweeps away what a crash left, and nothing of others", async () => {
    const root = await temporaryDirectory();
    const pool = await open(root);
    const { volumeId } = await pool.ensureVolume(request());
    const put = (name: string) => writeFile(join(root, "volumes", name), "half");
    for (const name of [`${newId()}.qcow2.new`, `${volumeId}.7.qcow2`]) await put(name);
    const going = newId();
    for (const layer of ["2.qcow2", "5.qcow2"]) await put(`${going}.${layer}`);
    await writeFile(join(root, "volumes", `${going}.json`), JSON.stringify({ deleting: true }));
    await put("notes.txt");
    const again = await open(root);
    expect((await readdir(join(root, "volumes"))).toSorted()).toEqual([`${volumeId}.qcow2`, "notes.txt"].toSorted());
    expect((await again.listVolumes()).length).toBe(1);
    const foreign = (await again.listFiles(100)).filter(({ type }) => type === PoolFile_Type.FOREIGN);
    expect(foreign.map(({ path }) => path)).toEqual(["volumes/notes.txt"]);
  });

  it("does not sweep away what another host is writing", async () => {
    const root = await temporaryDirectory();
    const [mine, others] = [newId(), newId()];
    const shared = (sharedAs: string) =>
      FilePool.open({
        pool: newId(),
        root,
        clock: systemClock,
        log: silentLog,
        sharedAs,
        capabilities: { shared: true, unsupported: { shared: "" } },
      });
    const pool = await shared(mine);
    expect(pool.capabilities).toMatchObject({ shared: true });
    expect(pool.capabilities.unsupported["shared"]).toBeUndefined();
    const half = (host: string) => join(root, "volumes", `${newId()}.qcow2.${host}.new`);
    const [myHalf, theirs] = [half(mine), half(others)];
    for (const path of [myHalf, theirs]) await writeFile(path, "half");
    await shared(mine);
    expect(await readdir(join(root, "volumes"))).toEqual([theirs.slice(theirs.lastIndexOf("/") + 1)]);
  });

  it("works on beside a volume that is damaged, and leaves that alone", async () => {
    const root = await temporaryDirectory();
    const pool = await open(root);
    const { volumeId } = await pool.ensureVolume(request());
    const [noHeader, noChain, lost, noTop] = [newId(), newId(), newId(), newId()];
    await writeFile(join(root, "volumes", `${noHeader}.qcow2`), "x");
    await writeFile(join(root, "volumes", `${noChain}.json`), "{");
    await writeFile(join(root, "volumes", `${noChain}.2.qcow2`), qcow2Image());
    await writeFile(join(root, "volumes", `${lost}.2.qcow2`), qcow2Image());
    await pool.ensureVolume(request({ volumeId: noTop }));
    await pool.snapshots.create(noTop, newId());
    await rm(await pathOf(pool, noTop));
    const again = await open(root);
    expect((await again.listVolumes()).map((volume) => volume.volumeId)).toEqual([volumeId]);
    // Above all none is made anew in its place.
    for (const id of [noHeader, noChain, lost, noTop]) {
      const made = again.ensureVolume(request({ volumeId: id }));
      await expect(made, id).rejects.toMatchObject({ reason: Reason.STORAGE_REFUSED });
    }
    expect((await again.capacity()).provisionedBytes).toBe(BigInt(GIB));
    expect((await readdir(join(root, "volumes"))).length).toBe(7);
  });

  it("keeps a seed as it was first written", async () => {
    const pool = await open(await temporaryDirectory());
    const vmId = newId();
    const seed = await pool.ensureSeed(vmId, new Map([["user-data", "one"]]));
    if (seed?.kind !== "file") throw new Error("a seed is a file");
    const { mtimeMs } = await stat(seed.path);
    expect(await pool.ensureSeed(vmId, new Map([["user-data", "two"]]))).toEqual(seed);
    expect((await stat(seed.path)).mtimeMs).toBe(mtimeMs);
    expect((await run("blkid", ["-p", "-o", "value", "-s", "LABEL", seed.path])).stdout.trim()).toBe("cidata");
  });

  it("says how much is missing when the disk is full, and leaves nothing half-made", async () => {
    const root = await temporaryDirectory();
    await run("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", root]);
    onTestFinished(async () => void (await run("umount", ["-l", root])));
    const pool = await open(root);
    const noise = rawImage(12 * MIB).fill(7, 4096);
    const full = await withImage(pool, noise).catch((error: unknown) => error);
    expect(isProblem(full, Reason.POOL_FULL) && full.message).toMatch(/12 MiB needed, [\d.]+ [KM]iB free/);
    expect(await readdir(join(root, "partial"))).toEqual([]);
    const thick = request({ sizeBytes: 64 * MIB, thick: true });
    await expect(pool.ensureVolume(thick)).rejects.toMatchObject({ reason: Reason.POOL_FULL });
    expect(await readdir(join(root, "volumes"))).toEqual([]);
    await withImage(pool, rawImage(MIB));
  });

  it("loses nothing when a merge finds the disk full", async () => {
    const fileSystem = await mountedFileSystem(["mkfs.ext4", "-q"], 160);
    onTestFinished(() => unmount(fileSystem));
    const pool = await open(join(fileSystem, "pool"));
    const { volumeId } = await pool.ensureVolume(request());
    const snapshotId = newId();
    await pool.snapshots.create(volumeId, snapshotId);
    await run("qemu-io", ["-f", "qcow2", "-c", "write -P 9 0 60M", await pathOf(pool, volumeId)]);
    const filler = join(fileSystem, "filler");
    const { availableBytes } = await pool.capacity();
    await run("fallocate", ["-l", String(Number(availableBytes) - 8 * MIB), filler]);
    const deleting = pool.snapshots.delete(volumeId, snapshotId, work());
    await expect(deleting).rejects.toMatchObject({ reason: Reason.POOL_FULL });
    const intact = async () => {
      const { stdout } = await run("qemu-io", ["-f", "qcow2", "-c", "read -P 9 0 60M", await pathOf(pool, volumeId)]);
      expect(stdout).not.toContain("Pattern verification failed");
    };
    await intact();
    await run("rm", [filler]);
    await pool.snapshots.delete(volumeId, snapshotId, work());
    expect((await readdir(join(fileSystem, "pool", "volumes"))).length).toBe(2);
    await intact();
  });

  it("says that the pool is gone when its directory is", async () => {
    const root = await temporaryDirectory();
    const pool = await open(root);
    await run("rm", ["-r", root]);
    await expect(pool.capacity()).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
    await expect(pool.listVolumes()).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
    await expect(pool.ensureVolume(request())).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
  });
});
