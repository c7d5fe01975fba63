import { isProblem, Reason } from "@limiquantix/api";
import { MIB, newId } from "@limiquantix/kit";
import { sourceName, type VolumeBackend, type VolumeRequest } from "@limiquantix/node";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { NfsServer } from "../testing/nfs-server.ts";
import { NfsClientPool, type NfsClientPoolOptions } from "./nfs-client-pool.ts";

let server: NfsServer;

beforeAll(async () => {
  server = await NfsServer.up();
});

afterAll(() => server?.[Symbol.asyncDispose]());

async function directory(): Promise<string> {
  const path = join(server.fileSystem, newId());
  await mkdir(path);
  return path;
}

async function open(options: NfsClientPoolOptions): Promise<NfsClientPool> {
  const pool = await NfsClientPool.open(options);
  onTestFinished(() => pool[Symbol.asyncDispose]());
  return pool;
}

async function volume(pool: VolumeBackend, more: Partial<VolumeRequest> = {}): Promise<string> {
  const signal = new AbortController().signal;
  const request = { volumeId: newId(), sizeBytes: 16 * MIB, thick: false, signal, onProgress: () => {}, ...more };
  return (await pool.ensureVolume(request)).volumeId;
}

async function reasonOf(call: Promise<unknown>): Promise<Reason> {
  const error: unknown = await call.then(
    () => new Error("the call succeeded"),
    (error: unknown) => error,
  );
  if (!isProblem(error)) throw error;
  return error.reason;
}

test("of several hosts one has a volume, until it lets go of it", async () => {
  const options = server.options(await directory());
  const hosts = await Promise.all([1, 2, 3].map(() => open({ ...options, host: newId() })));
  const volumeId = await volume(hosts[0]!);
  const tried = await Promise.allSettled(hosts.map((host) => host.attach(volumeId)));
  const at = tried.findIndex(({ status }) => status === "fulfilled");
  const others = hosts.filter((_, index) => index !== at);
  expect(tried.filter(({ status }) => status === "fulfilled").length).toBe(1);
  for (const other of others) {
    const calls = [
      other.attach(volumeId),
      other.growVolume(volumeId, 32 * MIB),
      other.deleteVolume(volumeId),
      other.snapshots.create(volumeId, newId()),
    ];
    expect(await Promise.all(calls.map(reasonOf))).toEqual(calls.map(() => Reason.VM_LOCKED_ELSEWHERE));
    await other.detach(volumeId);
  }
  await hosts[at]!.attach(volumeId);
  await hosts[at]!.detach(volumeId);
  await others[0]!.attach(volumeId);
  expect(await reasonOf(hosts[at]!.attach(volumeId))).toBe(Reason.VM_LOCKED_ELSEWHERE);
  await others[0]!.deleteVolume(volumeId);
  expect(await readdir(join(options.config.export, "owners"))).toEqual([]);
});

test("what a guest on this host has open is left alone", async () => {
  const guests = new Set<string>();
  const pool = await open(server.options(await directory(), { open: async () => guests }));
  const volumeId = await volume(pool);
  const snapshotId = newId();
  guests.add(sourceName(await pool.attach(volumeId)));
  const origin = { kind: "volume", volumeId } as const;
  const calls = [
    () => pool.deleteVolume(volumeId),
    () => pool.growVolume(volumeId, 32 * MIB),
    () => pool.snapshots.create(volumeId, snapshotId),
    () => volume(pool, { from: origin }),
  ];
  for (const call of calls) expect(await reasonOf(call())).toBe(Reason.IN_USE);
  guests.clear();
  await pool.snapshots.create(volumeId, snapshotId);
  guests.add(sourceName(await pool.attach(volumeId)));
  // Below the top nobody writes.
  await volume(pool, { from: { ...origin, snapshotId } });
});

test("a server that is gone says so soon, and all is there when it is back", async () => {
  const pool = await open(server.options(await directory()));
  const volumeId = await volume(pool);
  await server.server("stop");
  try {
    const calls = [pool.capacity(), pool.attach(volumeId), volume(pool)];
    expect(await Promise.all(calls.map(reasonOf))).toEqual(calls.map(() => Reason.POOL_UNAVAILABLE));
  } finally {
    await server.server("start");
  }
  expect((await pool.listVolumes()).map((one) => one.volumeId)).toEqual([volumeId]);
});

test("a directory that is somebody's is not taken, nor what is no export", async () => {
  const theirs = await directory();
  await writeFile(join(theirs, "thesis.doc"), "");
  expect(await reasonOf(NfsClientPool.open(server.options(theirs)))).toBe(Reason.POOL_NOT_OURS);
  const ours = server.options(await directory());
  await open(ours);
  expect(await reasonOf(NfsClientPool.open({ ...ours, pool: newId() }))).toBe(Reason.POOL_NOT_OURS);
  expect(await reasonOf(NfsClientPool.open(server.options("/nowhere")))).toBe(Reason.POOL_UNAVAILABLE);
});
