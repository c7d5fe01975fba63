import { isProblem, Reason } from "@limiquantix/api";
import { GIB, MIB, newId } from "@limiquantix/kit";
import type { VolumeBackend, VolumeRequest } from "@limiquantix/node";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { bootableDisk, bootGuest } from "../testing/boot-guest.ts";
import { CephLab } from "../testing/ceph.ts";
import { QemuIoSession } from "../testing/qemu-io-session.ts";
import { RbdOpener } from "./rbd-opener.ts";
import { RbdPool, type RbdPoolOptions } from "./rbd-pool.ts";

let ceph: CephLab;

beforeAll(async () => {
  ceph = await CephLab.up();
});

afterAll(() => ceph[Symbol.asyncDispose]());

async function open(options?: RbdPoolOptions): Promise<RbdPool> {
  const pool = await RbdPool.open(options ?? ceph.options(await ceph.namespace()));
  onTestFinished(() => pool[Symbol.asyncDispose]());
  return pool;
}

function request(more: Partial<VolumeRequest> = {}): VolumeRequest {
  const signal = new AbortController().signal;
  return { volumeId: newId(), sizeBytes: 64 * MIB, thick: false, signal, onProgress: () => {}, ...more };
}

async function volume(pool: VolumeBackend, more: Partial<VolumeRequest> = {}): Promise<string> {
  return (await pool.ensureVolume(request(more))).volumeId;
}

/** An emulator that has the volume open, as the daemon starts one. */
async function readerOf(pool: VolumeBackend, volumeId: string): Promise<QemuIoSession> {
  const guest = QemuIoSession.start(ceph.directory, ceph.keyFile);
  onTestFinished(() => guest[Symbol.asyncDispose]());
  await guest.hold(await pool.attach(volumeId));
  await pool.attach(volumeId);
  return guest;
}

/** One that has written to it. */
async function guestOn(pool: VolumeBackend, volumeId: string): Promise<QemuIoSession> {
  const guest = await readerOf(pool, volumeId);
  await guest.writeHeld(0, 4096);
  return guest;
}

async function reasonOf(call: Promise<unknown>): Promise<Reason> {
  const error: unknown = await call.then(
    () => new Error("the call succeeded"),
    (error: unknown) => error,
  );
  if (!isProblem(error)) throw error;
  return error.reason;
}

async function within<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  expect((performance.now() - start) / 1000).toBeLessThan(seconds);
  return result;
}

describe("RbdPool", () => {
  test("a guest boots from a clone of an image", async () => {
    const pool = await open();
    const image = await ceph.image(32 * MIB, bootableDisk("from the image"));
    const [a, b] = [
      await volume(pool, { from: { kind: "image", image } }),
      await volume(pool, { from: { kind: "image", image } }),
    ];
    const source = await pool.attach(a);
    expect(await bootGuest(source, ceph.keyFile)).toBe("LQX-GUEST from the image");
    await ceph.disks.write(source, 512, Buffer.from("from the volume\0"));
    expect(await bootGuest(source, ceph.keyFile)).toBe("LQX-GUEST from the volume");
    expect(await bootGuest(await pool.attach(b), ceph.keyFile)).toBe("LQX-GUEST from the image");
    const golden = (await pool.listFiles(100)).filter(({ ownerId }) => ownerId === image.imageId);
    expect(golden.map(({ path }) => path)).toEqual([`lqx-image-${image.imageId}`]);
  });

  test("two hosts copy an image at once, and have one copy of it", async () => {
    const options = ceph.options(await ceph.namespace());
    const pools = [await open(options), await open({ ...options, pool: newId(), host: newId() })];
    const image = await ceph.image(32 * MIB, Buffer.from("image"));
    const ids = await Promise.all(pools.map((pool) => volume(pool, { from: { kind: "image", image } })));
    expect((await pools[0]!.listVolumes()).map(({ imageId }) => imageId)).toEqual([image.imageId, image.imageId]);
    for (const [i, id] of ids.entries()) {
      const bytes = await ceph.disks.read(await pools[i]!.attach(id), 0, 5);
      expect(Buffer.from(bytes).toString()).toBe("image");
    }
    const paths = (await pools[0]!.listFiles(100)).map(({ path }) => path);
    expect(paths.toSorted()).toEqual([`lqx-image-${image.imageId}`, ...ids.map((id) => `lqx-volume-${id}`).toSorted()]);
  });

  test("golden copies and what was left half-made go when their time has come, and not before", async () => {
    const options = ceph.options(await ceph.namespace());
    const pool = await open(options);
    const [used, unused] = [await ceph.image(MIB), await ceph.image(MIB)];
    await volume(pool, { from: { kind: "image", image: used } });
    await pool.deleteVolume(await volume(pool, { from: { kind: "image", image: unused } }));
    await ceph.rbd("create", "--size", "1", `rbd/${options.place.namespace}/lqx-new-volume-${newId()}`);
    const paths = async () => (await pool.listFiles(100)).map(({ path }) => path);
    await open({ ...options, pool: newId() });
    expect((await paths()).length).toBe(4);
    const tomorrow = { ...options.clock, now: () => Date.now() + 25 * 3600_000 };
    await open({ ...options, pool: newId(), clock: tomorrow });
    await expect.poll(async () => (await paths()).length, { timeout: 60_000, interval: 500 }).toBe(2);
    expect(await paths()).toContain(`lqx-image-${used.imageId}`);
    await volume(pool, { from: { kind: "image", image: unused } });
  });

  test("two hosts do not have one volume, and nor do two emulators", async () => {
    const options = ceph.options(await ceph.namespace());
    const hosts = [options, { ...options, pool: newId(), host: newId() }];
    const [here, there] = [await open(hosts[0]), await open(hosts[1])];
    const volumeId = await volume(here);
    const tried = await Promise.allSettled([here.attach(volumeId), there.attach(volumeId)]);
    expect(tried.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const first = tried[0].status === "fulfilled";
    const [owner, other] = first ? [here, there] : [there, here];
    const guest = await guestOn(owner, volumeId);
    expect(await reasonOf(other.attach(volumeId))).toBe(Reason.VM_LOCKED_ELSEWHERE);
    // The same host as after a restart of its daemon.
    const restarted = await open({ ...hosts[first ? 0 : 1]!, pool: newId() });
    await restarted.attach(volumeId);
    await guest[Symbol.asyncDispose]();
    await owner.detach(volumeId);
    await other.attach(volumeId);
    expect(await reasonOf(owner.attach(volumeId))).toBe(Reason.VM_LOCKED_ELSEWHERE);
  });

  test("a shared volume is on two hosts, and each writes while the other has it; no other volume is", async () => {
    const options = ceph.options(await ceph.namespace());
    const hosts = [await open(options), await open({ ...options, pool: newId(), host: newId() })] as const;
    const volumeId = await volume(hosts[0], { shared: true });
    const guests = await Promise.all(
      hosts.map(async (pool) => {
        const guest = QemuIoSession.start(ceph.directory, ceph.keyFile);
        onTestFinished(() => guest[Symbol.asyncDispose]());
        await guest.hold(await pool.attach(volumeId, { shared: true }));
        await pool.attach(volumeId, { shared: true });
        return guest;
      }),
    );
    for (const guest of [...guests, ...guests]) await within(10, () => guest.writeHeld(0, 4096));
    const image = `rbd/${options.place.namespace}/lqx-volume-${volumeId}`;
    const { features } = JSON.parse(await ceph.rbd("info", "--format", "json", image)) as { features: string[] };
    expect(features).toEqual(["layering"]);
    const own = await volume(hosts[0]);
    expect(await reasonOf(hosts[1].attach(own, { shared: true }))).toBe(Reason.UNSUPPORTED);
    expect(await reasonOf(hosts[1].attach(newId(), { shared: true }))).toBe(Reason.NOT_FOUND);
  });

  test("a volume is taken over from a host that is gone, and that one never writes again", async () => {
    const options = ceph.options(await ceph.namespace());
    const here = await open(options);
    const ids = [await volume(here), await volume(here)] as const;
    // Ceph's own lock knows only of the one that has written.
    const guests = [await guestOn(here, ids[0]), await readerOf(here, ids[1])];
    const later = { ...options.clock, now: () => Date.now() + 61_000 };
    const there = await open({ ...options, pool: newId(), host: newId(), clock: later });
    expect(await reasonOf(there.attach(ids[0]))).toBe(Reason.VM_LOCKED_ELSEWHERE);
    // Their host stands still, until the cluster has forgotten it.
    for (const guest of guests) guest.freeze();
    for (const [at, guest] of guests.entries()) {
      const taking = () =>
        there.attach(ids[at]!).then(
          () => "taken",
          (error: unknown) => String(error),
        );
      await expect.poll(taking, { timeout: 90_000, interval: 1000 }).toBe("taken");
      const source = await there.attach(ids[at]!);
      await ceph.disks.write(source, 0, Buffer.from("taken over"));
      guest.thaw();
      await expect(guest.writeHeld(0, 4096)).rejects.toThrow(/failed/);
      expect(Buffer.from(await ceph.disks.read(source, 0, 10)).toString()).toBe("taken over");
      await guest.kill();
    }
  });

  test("what a guest has open is neither deleted, rolled back nor copied; once it was killed it soon is", async () => {
    const pool = await open();
    const ids = [await volume(pool), await volume(pool), await volume(pool)] as const;
    const snapshotId = newId();
    for (const id of ids.slice(0, 2)) await pool.snapshots.create(id, snapshotId);
    const guests = [];
    for (const id of ids) guests.push(await guestOn(pool, id));
    expect(await reasonOf(pool.ensureVolume(request({ from: { kind: "volume", volumeId: ids[0] } })))).toBe(
      Reason.IN_USE,
    );
    await pool.snapshots.create(ids[0], newId());
    await guests[2]?.kill();
    const [deleting, reverting] = [
      reasonOf(pool.deleteVolume(ids[0])),
      reasonOf(pool.snapshots.revert(ids[1], snapshotId)),
    ];
    // The cluster remembers it for 30 s; on a quiet machine all is over in 36.
    await within(60, () => pool.deleteVolume(ids[2]));
    expect([await deleting, await reverting]).toEqual([Reason.IN_USE, Reason.IN_USE]);
    for (const guest of guests.slice(0, 2)) await guest[Symbol.asyncDispose]();
    await pool.snapshots.revert(ids[1], snapshotId);
    for (const id of ids) await pool.deleteVolume(id);
    expect(await pool.listFiles(10)).toEqual([]);
  });

  test("a copy that is called off is gone at once, whatever it was doing", async () => {
    const pool = await open();
    const source = await volume(pool, { sizeBytes: 512 * MIB, thick: true });
    const abort = new AbortController();
    const onProgress = (percent: number) => percent > 1 && abort.abort(new Error("called off"));
    const copy = request({
      sizeBytes: 512 * MIB,
      from: { kind: "volume", volumeId: source },
      thick: true,
      signal: abort.signal,
      onProgress,
    });
    await expect(pool.ensureVolume(copy)).rejects.toThrow("called off");
    expect((await pool.listFiles(10)).map(({ ownerId }) => ownerId)).toEqual([source]);
  });

  test("a thick volume that does not fit is refused", async () => {
    const pool = await open();
    expect(await reasonOf(pool.ensureVolume(request({ sizeBytes: 64 * GIB, thick: true })))).toBe(Reason.POOL_FULL);
    expect(await pool.listFiles(10)).toEqual([]);
  });

  test("the key is where only we read it, and gone with the pool", async () => {
    const options = ceph.options(await ceph.namespace());
    const pool = await open(options);
    const run = options.runtimeDirectory ?? "";
    const [folder = ""] = (await readdir(run)).filter((name) => name.startsWith(options.pool));
    for (const name of await readdir(join(run, folder)))
      expect((await stat(join(run, folder, name))).mode & 0o77).toBe(0);
    expect((await stat(join(run, folder))).mode & 0o77).toBe(0);
    const volumeId = await volume(pool);
    const copying = volume(pool, { from: { kind: "source", source: await pool.attach(volumeId) } });
    const seen = new Set<string>();
    const done = new AbortController();
    void copying.finally(() => done.abort());
    while (!done.signal.aborted) {
      for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name)))
        seen.add(await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
    }
    await copying;
    expect([...seen].some((line) => line.includes("secret,id=key"))).toBe(true);
    expect([...seen].filter((line) => line.includes(options.access.key))).toEqual([]);
    const kept = (options.secrets as unknown as { kept: Map<string, { value: Uint8Array }> }).kept;
    expect(Buffer.from(kept.get(options.pool)?.value ?? []).toString("base64")).toBe(options.access.key);
    await pool[Symbol.asyncDispose]();
    expect((await readdir(run)).filter((name) => name.startsWith(options.pool))).toEqual([]);
    expect(kept.size).toBe(0);
    expect(options.keyFiles.size).toBe(0);
  });

  test("a user of one namespace works in it, and in no other", async () => {
    const [mine, other] = [await ceph.namespace(), await ceph.namespace()];
    const user = `only-${mine.slice(0, 8)}`;
    const caps = ["mon", "profile rbd", "osd", `profile rbd pool=rbd namespace=${mine}`];
    await ceph.ceph("auth", "get-or-create", `client.${user}`, ...caps);
    const key = (await ceph.ceph("auth", "print-key", `client.${user}`)).trim();
    const options = (namespace: string) => {
      const all = ceph.options(namespace);
      return { ...all, access: { ...all.access, user, key } };
    };
    const pool = await open(options(mine));
    const volumeId = await volume(pool);
    await pool.attach(volumeId);
    await pool.detach(volumeId);
    expect((await pool.capacity()).availableBytes).toBeGreaterThan(0n);
    await pool.deleteVolume(volumeId);
    expect(await reasonOf(RbdPool.open(options(other)))).toBe(Reason.POOL_UNAVAILABLE);
  });

  test("what cannot be opened says why, without the key", async () => {
    const good = ceph.options("");
    const wrong = Buffer.from(good.access.key, "base64");
    wrong[20] = (wrong[20] ?? 0) ^ 0xff;
    const cases: [Partial<RbdPoolOptions>, RegExp][] = [
      [{ place: { pool: "none", namespace: "" } }, /none/],
      [{ place: { pool: "rbd", namespace: "nowhere" } }, /nowhere/],
      [{ access: { ...good.access, key: wrong.toString("base64") } }, /connect/],
      [{ access: { ...good.access, monitors: ["127.0.0.1:1"] } }, /connect/],
    ];
    for (const [change, why] of cases) {
      const error: unknown = await within(20, () =>
        RbdPool.open({ ...good, ...change }).catch((error: unknown) => error),
      );
      if (!isProblem(error, Reason.POOL_UNAVAILABLE)) throw new Error("it was opened", { cause: error });
      expect(error.message).toMatch(why);
      expect(JSON.stringify(error) + error.stack).not.toContain(change.access?.key ?? good.access.key);
    }
  });

  test("image features are those that are asked for", async () => {
    const all = ceph.options(await ceph.namespace());
    const opener = new RbdOpener(all);
    const { monitors, user, key } = all.access;
    const spec = (imageFeatures: string[]) =>
      ({
        config: { case: "rbd", value: { ...all.place, monitors, user, key, imageFeatures } },
      }) as unknown as Parameters<RbdOpener["open"]>[1];
    expect(await reasonOf(opener.open(newId(), spec(["fast-diff"])))).toBe(Reason.UNSUPPORTED);
    expect(await reasonOf(opener.open(newId(), spec(["magic"])))).toBe(Reason.UNSUPPORTED);
    const pool = await opener.open(newId(), spec(["exclusive-lock"]));
    onTestFinished(() => pool[Symbol.asyncDispose]());
    expect(pool.capabilities.linkedClones).toBe(false);
    const image = await ceph.image(MIB, Buffer.from("copied"));
    const volumeId = await volume(pool, { from: { kind: "image", image } });
    expect(await pool.findVolume(volumeId)).toMatchObject({ usedBytes: undefined, imageId: "" });
    await pool.snapshots.create(volumeId, newId());
    expect((await pool.listVolumes())[0]?.snapshotIds.length).toBe(1);
    expect(Buffer.from(await ceph.disks.read(await pool.attach(volumeId), 0, 6)).toString()).toBe("copied");
    const made = JSON.parse(
      await ceph.rbd("info", `rbd/${all.place.namespace}/lqx-volume-${volumeId}`, "--format", "json"),
    );
    expect(made.features).toEqual(["exclusive-lock"]);
  });

  test("without its monitors it is away within seconds, and comes back by itself", async () => {
    const pool = await open();
    const volumeId = await volume(pool);
    await ceph.monitor("stop");
    try {
      const calls = [
        () => pool.capacity(),
        () => pool.listVolumes(),
        () => pool.findVolume(volumeId),
        () => pool.attach(volumeId),
        () => pool.ensureVolume(request()),
        () => pool.deleteVolume(volumeId),
        () => pool.ensureSeed(newId(), new Map([["user-data", "x"]])),
        () => pool.snapshots.create(volumeId, newId()),
      ];
      const reasons = await within(30, () => Promise.all(calls.map((call) => reasonOf(call()))));
      expect(new Set(reasons)).toEqual(new Set([Reason.POOL_UNAVAILABLE]));
    } finally {
      await ceph.monitor("start");
    }
    await expect
      .poll(
        () =>
          pool.capacity().then(
            () => "back",
            () => "away",
          ),
        { timeout: 60_000 },
      )
      .toBe("back");
    await pool.attach(volumeId);
  });
});
