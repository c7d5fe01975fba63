import { isProblem, Reason } from "@limiquantix/api";
import { GIB, MIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import type { VolumeCopy } from "@limiquantix/node";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { qcow2Image, rawImage } from "../testing/disk-images.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { LocalVolumes } from "./local-volumes.ts";

const run = promisify(execFile);
const open = (root: string) => LocalVolumes.open({ pool: "local", root, clock: systemClock, log: silentLog });

async function withImage(volumes: LocalVolumes, content: Buffer): Promise<string> {
  const imageId = newId();
  const upload = { imageId, offset: 0, sizeBytes: content.length, sha256: "", sha512: "" };
  await volumes.images.write({
    ...upload,
    chunks: (async function* () {
      yield content;
    })(),
  });
  return imageId;
}

async function qemuInfo(path: string) {
  const { stdout } = await run("qemu-img", ["info", "-f", "qcow2", "--output=json", path]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe("LocalVolumes", () => {
  it("makes empty volumes, once", async () => {
    const volumes = await open(await temporaryDirectory());
    const request = { volumeId: newId(), sizeBytes: GIB, imageId: "", thick: false };
    const [a, b] = await Promise.all([volumes.ensureVolume(request), volumes.ensureVolume(request)]);
    expect(a).toEqual(b);
    expect(a).toMatchObject({ format: "qcow2", sizeBytes: GIB, imageId: "" });
    expect(await qemuInfo(a.path)).toMatchObject({ "virtual-size": GIB, format: "qcow2" });
    expect((await stat(a.path)).mode & 0o777).toBe(0o600);
    expect(await volumes.listVolumes()).toEqual([request.volumeId]);
    expect((await volumes.capacity()).provisionedBytes).toBe(BigInt(GIB));
    await volumes.deleteVolume(request.volumeId);
    await volumes.deleteVolume(request.volumeId);
    expect(await volumes.findVolume(request.volumeId)).toBeUndefined();
  });

  it.each([
    ["qcow2", qcow2Image({ virtualSizeBytes: 64 * MIB })],
    ["raw", rawImage()],
  ])("lays a volume over a %s image and keeps that from being deleted", async (format, content) => {
    const volumes = await open(await temporaryDirectory());
    const imageId = await withImage(volumes, content);
    for (const thick of [false, true]) {
      const volume = await volumes.ensureVolume({ volumeId: newId(), sizeBytes: 128 * MIB, imageId, thick });
      expect(volume.imageId).toBe(imageId);
      expect(await qemuInfo(volume.path)).toMatchObject({ "backing-filename-format": format });
      await run("qemu-img", ["compare", "-f", "qcow2", volume.path, volume.path]);
      if (thick) expect((await stat(volume.path)).blocks * 512).toBeGreaterThanOrEqual(128 * MIB);
    }
    await expect(volumes.images.delete(imageId)).rejects.toMatchObject({ reason: Reason.IMAGE_IN_USE });
    for (const id of await volumes.listVolumes()) await volumes.deleteVolume(id);
    await volumes.images.delete(imageId);
    expect(await volumes.images.list()).toEqual([]);
  });

  it("refuses a disk that is smaller than its image, and an image that is not there", async () => {
    const volumes = await open(await temporaryDirectory());
    const imageId = await withImage(volumes, qcow2Image());
    const request = { volumeId: newId(), sizeBytes: MIB, imageId, thick: false };
    await expect(volumes.ensureVolume(request)).rejects.toMatchObject({ reason: Reason.DISK_TOO_SMALL_FOR_IMAGE });
    const other = { ...request, imageId: newId() };
    await expect(volumes.ensureVolume(other)).rejects.toMatchObject({ reason: Reason.IMAGE_NOT_READY });
    expect(await volumes.listVolumes()).toEqual([]);
  });

  it("grows, and never shrinks", async () => {
    const volumes = await open(await temporaryDirectory());
    const { volumeId } = await volumes.ensureVolume({ volumeId: newId(), sizeBytes: MIB, imageId: "", thick: false });
    await volumes.growVolume(volumeId, 2 * MIB);
    await volumes.growVolume(volumeId, 2 * MIB);
    expect((await volumes.findVolume(volumeId))?.sizeBytes).toBe(2 * MIB);
    await expect(volumes.growVolume(volumeId, MIB)).rejects.toMatchObject({ reason: Reason.DISK_CANNOT_SHRINK });
    await expect(volumes.growVolume(newId(), MIB)).rejects.toMatchObject({ reason: Reason.NOT_FOUND });
  });

  describe("a copy", () => {
    async function withData(volumes: LocalVolumes, { mib = 4 } = {}) {
      const imageId = await withImage(volumes, qcow2Image({ virtualSizeBytes: 64 * MIB }));
      const source = await volumes.ensureVolume({ volumeId: newId(), sizeBytes: GIB, imageId, thick: false });
      await run("qemu-io", ["-f", "qcow2", "-c", `write -P 7 32M ${mib}M`, source.path]);
      return source;
    }
    const copyOf = (sourceId: string, more: Partial<VolumeCopy> = {}) => ({
      volumeId: newId(),
      sizeBytes: GIB,
      imageId: "",
      thick: false,
      copy: { sourceId, signal: new AbortController().signal, onProgress: () => {}, ...more },
    });
    const same = (a: string, b: string) => run("qemu-img", ["compare", "-f", "qcow2", "-F", "qcow2", a, b]);

    it("has what its source has, above the same image, and goes its own way", async () => {
      const volumes = await open(await temporaryDirectory());
      const source = await withData(volumes);
      const told: number[] = [];
      for (const thick of [false, true]) {
        const request = { ...copyOf(source.volumeId, { onProgress: (percent) => told.push(percent) }), thick };
        const copy = await volumes.ensureVolume(request);
        expect(copy.imageId).toBe(source.imageId);
        expect(await qemuInfo(copy.path)).toMatchObject({ "backing-filename": `../images/${source.imageId}.qcow2` });
        await same(source.path, copy.path);
        await run("qemu-io", ["-f", "qcow2", "-c", "write -P 8 0 1M", copy.path]);
        await expect(same(source.path, copy.path)).rejects.toThrow();
      }
      expect(told.at(-1)).toBe(100);
    });

    it("shares blocks where the file system does", async () => {
      const root = await temporaryDirectory();
      await run("truncate", ["-s", "512M", `${root}.img`]);
      await run("mkfs.xfs", ["-q", "-m", "reflink=1", `${root}.img`]);
      await run("mount", ["-o", "loop", `${root}.img`, root]);
      onTestFinished(async () => {
        await run("umount", ["-l", root]);
        await run("rm", [`${root}.img`]);
      });
      const volumes = await open(root);
      const source = await withData(volumes, { mib: 200 });
      const before = Number((await volumes.capacity()).usedBytes);
      const copy = await volumes.ensureVolume({ ...copyOf(source.volumeId), sizeBytes: 2 * GIB });
      expect(Number((await volumes.capacity()).usedBytes) - before).toBeLessThan(20 * MIB);
      expect(copy.sizeBytes).toBe(2 * GIB);
      const { stdout } = await run("qemu-io", ["-f", "qcow2", "-c", "read -P 7 32M 200M", copy.path]);
      expect(stdout).not.toContain("Pattern verification failed");
    });

    it("is refused while a guest has the source open", async () => {
      const volumes = await open(await temporaryDirectory());
      const source = await withData(volumes);
      const guest = spawn("qemu-io", ["-f", "qcow2", source.path], { stdio: ["pipe", "pipe", "inherit"] });
      await once(guest.stdout, "data");
      const copying = volumes.ensureVolume(copyOf(source.volumeId));
      await expect(copying).rejects.toMatchObject({ reason: Reason.IN_USE });
      guest.kill();
      await once(guest, "close");
      await volumes.ensureVolume(copyOf(source.volumeId));
    });

    it("that is called off in the middle leaves nothing, and can be made again", async () => {
      const root = await temporaryDirectory();
      const volumes = await open(root);
      const source = await withData(volumes, { mib: 300 });
      const abort = new AbortController();
      const onProgress = () => abort.abort(new Error("called off"));
      const request = copyOf(source.volumeId, { signal: abort.signal, onProgress });
      await expect(volumes.ensureVolume(request)).rejects.toThrow("called off");
      expect(await readdir(join(root, "volumes"))).toEqual([`${source.volumeId}.qcow2`]);
      const copy = await volumes.ensureVolume({ ...copyOf(source.volumeId), volumeId: request.volumeId });
      await same(source.path, copy.path);
    });
  });

  it("sweeps away what a crash left", async () => {
    const root = await temporaryDirectory();
    await open(root);
    await writeFile(join(root, "volumes", `${newId()}.qcow2.new`), "half");
    const volumes = await open(root);
    expect(await readdir(join(root, "volumes"))).toEqual([]);
    expect(await volumes.listVolumes()).toEqual([]);
  });

  it("keeps a seed as it was first written", async () => {
    const volumes = await open(await temporaryDirectory());
    const vmId = newId();
    expect(await volumes.findSeed(vmId)).toBeUndefined();
    const path = await volumes.ensureSeed(vmId, new Map([["user-data", "one"]]));
    const { mtimeMs } = await stat(path);
    expect(await volumes.ensureSeed(vmId, new Map([["user-data", "two"]]))).toBe(path);
    expect((await stat(path)).mtimeMs).toBe(mtimeMs);
    expect((await run("blkid", ["-p", "-o", "value", "-s", "LABEL", path])).stdout.trim()).toBe("cidata");
    await volumes.deleteSeed(vmId);
    expect(await volumes.findSeed(vmId)).toBeUndefined();
  });

  it("says how much is missing when the disk is full, and leaves nothing half-made", async () => {
    const root = await temporaryDirectory();
    await run("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", root]);
    onTestFinished(async () => void (await run("umount", ["-l", root])));
    const volumes = await open(root);
    const noise = rawImage(12 * MIB).fill(7, 4096);
    const full = await withImage(volumes, noise).catch((error: unknown) => error);
    expect(isProblem(full, Reason.POOL_FULL) && full.message).toMatch(/12 MiB needed, [\d.]+ [KM]iB free/);
    expect(await readdir(join(root, "partial"))).toEqual([]);
    const thick = { volumeId: newId(), sizeBytes: 64 * MIB, imageId: "", thick: true };
    await expect(volumes.ensureVolume(thick)).rejects.toMatchObject({ reason: Reason.POOL_FULL });
    expect(await readdir(join(root, "volumes"))).toEqual([]);
    await withImage(volumes, rawImage(MIB));
  });

  it("says that the pool is gone when its directory is", async () => {
    const root = await temporaryDirectory();
    const volumes = await open(root);
    await run("rm", ["-r", root]);
    await expect(volumes.capacity()).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
    await expect(volumes.listVolumes()).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
    const request = { volumeId: newId(), sizeBytes: MIB, imageId: "", thick: false };
    await expect(volumes.ensureVolume(request)).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
  });
});
