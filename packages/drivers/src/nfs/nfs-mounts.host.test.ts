import { Reason } from "@limiquantix/api";
import { MIB, newId } from "@limiquantix/kit";
import { volumeSuite } from "@limiquantix/node/suites";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MOUNTS, NfsLab } from "../testing/nfs-lab.ts";

let lab: NfsLab;

beforeAll(async () => {
  lab = await NfsLab.up();
});

afterAll(() => lab[Symbol.asyncDispose]());

/*
 * Under emulation the whole suite would take half an hour: here are the cases about the pool as such, room and files. The
 * same code passes all of them on a file system of this machine (file-pool-suite, remote-pool).
 */
volumeSuite("NFS 4.2, mounted", () => lab.fixture("4.2"), { only: ["pool"] });

const volume = () => ({
  volumeId: newId(),
  sizeBytes: 16 * MIB,
  thick: false,
  signal: new AbortController().signal,
  onProgress: () => {},
});

describe("NFS mounts", () => {
  it("share blocks where the server does, and are shared by hosts", async () => {
    const spec = await lab.spec();
    await using pool = await lab.open(newId(), spec);
    expect(pool.capabilities).toMatchObject({ shared: true, instantClones: true, unsupported: {} });
  });

  it("work with NFSv3 too", async () => {
    const spec = await lab.spec({ version: "3" });
    await using pool = await lab.open(newId(), spec);
    const { volumeId } = await pool.ensureVolume(volume());
    const disk = await pool.attach(volumeId);
    await lab.write(disk, 0, Buffer.from("NFSv3".padEnd(512, ".")));
    await pool.snapshots?.create(volumeId, newId());
    expect(Buffer.from(await lab.read(await pool.attach(volumeId), 0, 5)).toString()).toBe("NFSv3");
    expect(await lab.sh("grep vers=3 /proc/mounts")).toContain("nosuid,nodev,noexec");
    await pool.deleteVolume(volumeId);
  });

  it("are found again after a kill -9, and go when they are let go of", async () => {
    const [id, spec] = [newId(), await lab.spec()];
    const first = await lab.open(id, spec);
    const { volumeId } = await first.ensureVolume(volume());
    await lab.killChildren();
    expect(await first.findVolume(volumeId)).toMatchObject({ volumeId });
    await lab.killChildren();
    const second = await lab.open(id, spec);
    expect(await second.findVolume(volumeId)).toMatchObject({ volumeId });
    expect(await lab.sh(`grep -c ${MOUNTS}/${id} /proc/mounts`)).toBe("1\n");
    await second[Symbol.asyncDispose]();
    expect(await lab.sh(`grep -c ${MOUNTS}/${id} /proc/mounts || true`)).toBe("0\n");
  });

  it("stay while a guest has a disk on them", async () => {
    const [id, spec] = [newId(), await lab.spec()];
    const pool = await lab.open(id, spec);
    const { volumeId } = await pool.ensureVolume(volume());
    const disk = await pool.attach(volumeId);
    if (disk.kind !== "file") throw new Error(disk.kind);
    const guest = await lab.vm.pipe(["qemu-io", "-f", "qcow2", disk.path]);
    // It asks for commands once it has the disk open.
    await once(guest, "data");
    await expect(pool.deleteVolume(volumeId)).rejects.toMatchObject({ reason: Reason.IN_USE });
    await pool[Symbol.asyncDispose]();
    expect(await lab.sh(`grep -c ${MOUNTS}/${id} /proc/mounts`)).toBe("1\n");
    guest.destroy();
    const again = await lab.open(id, spec);
    await expect
      .poll(() => again.deleteVolume(volumeId).catch((error: unknown) => error), { timeout: 30_000 })
      .toBeUndefined();
    await again[Symbol.asyncDispose]();
  });

  it("are refused where the export is another pool's, is not there, or is not to be believed", async () => {
    const spec = await lab.spec();
    const owner = await lab.open(newId(), spec);
    await expect(lab.open(newId(), spec)).rejects.toMatchObject({ reason: Reason.POOL_NOT_OURS });
    await owner[Symbol.asyncDispose]();
    await expect(lab.open(newId(), await lab.spec({ export: "/srv/nfs/not-there" }))).rejects.toMatchObject({
      reason: Reason.POOL_UNAVAILABLE,
      message: expect.stringContaining("No such file"),
    });
    await expect(lab.open(newId(), await lab.spec({ options: "soft" }))).rejects.toMatchObject({
      reason: Reason.UNSUPPORTED,
    });
  });

  it("that hang hold up nobody else, and are back with their server", async () => {
    const limits = { probeEveryMs: 1000, probeMs: 5000 };
    const [id, spec] = [newId(), await lab.spec()];
    const pool = await lab.open(id, spec, { limits });
    const { volumeId } = await pool.ensureVolume(volume());
    await lab.write(await pool.attach(volumeId), 0, Buffer.from("kept".padEnd(512, ".")));
    await lab.server("stop");
    const began = Date.now();
    const waiting = await Promise.allSettled([pool.capacity(), pool.listVolumes(), pool.ensureVolume(volume())]);
    expect(Date.now() - began).toBeLessThan(30_000);
    for (const result of waiting)
      expect(result).toMatchObject({ status: "rejected", reason: { reason: Reason.POOL_UNAVAILABLE } });
    await lab.server("start");
    await expect
      .poll(() => pool.findVolume(volumeId).catch((error: unknown) => error), { timeout: 90_000 })
      .toMatchObject({ volumeId });
    expect(Buffer.from(await lab.read(await pool.attach(volumeId), 0, 4)).toString()).toBe("kept");
    expect((await pool.capacity()).totalBytes).toBeGreaterThan(0n);
    await pool[Symbol.asyncDispose]();
  });
});
