import {
  Snapshot_Phase,
  StoragePoolService,
  StoragePoolStatus_Phase as Phase,
  type Task,
  VMService,
  VmStatus_PowerState as State,
  VolumeService,
} from "@limiquantix/api";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CountingVms } from "./counting-vms.ts";
import { dies, emulatorOf, seededRandom, type Victim } from "./deaths.ts";
import { type LabCeph, stackWithCeph } from "./lab-ceph.ts";
import { type Stack, until } from "./stack.ts";

/**
 * kill -9 of our programs, of libvirtd and of storage in the middle of all that is done with the disks of guests that write
 * all the time: each order is carried out, no write is lost, and nothing is left behind.
 */
let stack: Stack;
let ceph: LabCeph;
let vms: CountingVms;

const GiB = 1024n ** 3n;
const compute = () => stack.client(VMService);
const volumes = () => stack.client(VolumeService);
const pools = () => stack.client(StoragePoolService);

beforeAll(async () => {
  ({ stack, ceph } = await stackWithCeph());
  vms = await CountingVms.make(stack, (source) => ceph.imageName(source));
  await stack.lqx(["pool", "add", "local", "dir", "--path", join(stack.directory, "dir"), "--all-nodes", "--wait"]);
  await ceph.add(stack, "ceph");
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await vms?.[Symbol.asyncDispose]();
  await ceph?.[Symbol.asyncDispose]();
});

async function find(pool: string): Promise<{ id: string; phase: Phase | undefined }> {
  const found = (await pools().listPools({})).pools.find(({ name }) => name === pool);
  if (!found) throw new Error(`no pool ${pool}`);
  return { id: found.id, phase: found.status?.phase };
}

/** The host answers for it, too. */
async function isOpen(pool: string): Promise<boolean> {
  const { id, phase } = await find(pool);
  await pools().listPoolFiles({ poolId: id });
  return phase === Phase.READY;
}

const volumesIn = async (pool: string) =>
  (await volumes().listVolumes({ storagePoolId: (await find(pool)).id })).volumes;

/** What lies in the pool of volumes, their layers included. */
async function disksIn(pool: string): Promise<string[]> {
  if (pool === "ceph") return (await ceph.images()).filter((name) => !/^lqx-(image|seed)-/.test(name));
  const path = pool === "local" ? stack.poolPath : join(stack.directory, pool);
  return (await readdir(join(path, "volumes"))).filter((name) => name.endsWith(".qcow2"));
}

const random = seededRandom(20_261_123);

/** Orders something, kills `victim` in the middle of it, and resolves when it is done all the same. */
async function despite(
  victim: Victim,
  what: string,
  order: (again: { idempotencyKey: string }) => Promise<{ task?: Task }>,
): Promise<void> {
  const again = { idempotencyKey: `${what}, ${victim}` };
  const ordered = order(again).catch(() => undefined);
  await sleep(random() * 500);
  await dies(stack, victim);
  await ordered;
  // A client whose call was cut off repeats it: with the same key it happens once.
  let accepted: { task?: Task } = {};
  await until(`${what}: the order is accepted`, async () => {
    accepted = await order(again);
    return true;
  });
  await vms.ended(accepted, `${what}, in which ${victim} dies,`);
  // What was done before the death says nothing about after it.
  await stack.untilHostReady();
  for (const pool of ["local", "dir", "ceph"]) await until(`${pool} is open`, () => isOpen(pool));
}

const rounds: [victim: Victim, pool: string, moves: string][] = [
  ["node daemon", "dir", "ceph"],
  ["control plane", "local", "dir"],
  ["libvirtd", "ceph", "local"],
];

describe.each(rounds)("%s dies, with disks in %s", (victim, pool, target) => {
  const name = `in-${pool}`;
  let id: string;
  let volumeId: string;
  let guest: string;

  test("while a disk grows", async () => {
    await vms.create(name, pool);
    ({ id } = await vms.find(name));
    volumeId = (await volumes().listVolumes({ attachedVmId: id })).volumes[0]!.id;
    guest = await emulatorOf(id);
    const newSizeBytes = 2n * GiB;
    await despite(victim, "resize", (again) => volumes().resizeVolume({ id: volumeId, newSizeBytes, ...again }));
    await vms.goesOn(name);
    expect((await volumes().getVolume({ id: volumeId })).spec?.sizeBytes).toBe(newSizeBytes);
  });

  test("while a snapshot is taken, cloned, gone back to and deleted", async () => {
    const before = await vms.whole(name);
    await despite(victim, "snapshot", (again) => compute().createSnapshot({ vmId: id, name: "it", ...again }));
    const after = await vms.goesOn(name);
    expect(await emulatorOf(id)).toBe(guest);
    const { snapshots } = await compute().listSnapshots({ vmId: id });
    expect(snapshots).toMatchObject([{ name: "it", phase: Snapshot_Phase.READY }]);
    const snapshotId = snapshots[0]!.id;

    const clone = { sourceVmId: id, name: `${name}-clone`, snapshotId };
    await despite(victim, "clone", (again) => compute().cloneVM({ ...clone, ...again }));
    await vms.goesOn(name);
    expect(await emulatorOf(id)).toBe(guest);

    await despite(victim, "revert", (again) => compute().revertToSnapshot({ vmId: id, snapshotId, ...again }));
    await vms.untilState(name, State.STOPPED);
    await vms.sameBytes(name, clone.name);
    const at = await vms.whole(name);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThan(after);

    await vms.ended(await compute().startVM({ id }));
    const from = await vms.goesOn(name);
    guest = await emulatorOf(id);
    await despite(victim, "deletion", (again) => compute().deleteSnapshot({ vmId: id, snapshotId, ...again }));
    expect(await vms.goesOn(name)).toBeGreaterThan(from);
    expect((await compute().listSnapshots({ vmId: id })).snapshots).toEqual([]);
    expect(await disksIn(pool)).toHaveLength(2);
  });

  test("while a disk moves", async () => {
    const from = await vms.whole(name);
    const storagePoolId = (await find(target)).id;
    await despite(victim, "move", (again) => volumes().moveVolume({ volumeId, storagePoolId, ...again }));
    expect(await vms.goesOn(name)).toBeGreaterThan(from);
    expect(await emulatorOf(id)).toBe(guest);
    expect((await volumesIn(target)).map((volume) => volume.id)).toEqual([volumeId]);
    expect(await disksIn(target)).toHaveLength(1);
    expect(await disksIn(pool)).toHaveLength(1);
  });

  test("while VMs are deleted", async () => {
    const clone = (await vms.find(`${name}-clone`)).id;
    const gone = { force: true, keepFor: {} };
    await despite(victim, "deletion of the clone", (again) => compute().deleteVM({ id: clone, ...gone, ...again }));
    await despite(victim, "deletion of the VM", (again) => compute().deleteVM({ id, ...gone, ...again }));
    for (const it of [pool, target]) {
      await until(`nothing is left in ${it}`, async () => (await disksIn(it)).length === 0);
      expect(await volumesIn(it)).toEqual([]);
      expect((await pools().listPoolFiles({ poolId: (await find(it)).id, orphans: true })).files).toEqual([]);
    }
  });
});

test("storage that dies holds its guest up, is told, and both go on by themselves", async () => {
  for (const pool of ["ceph", "dir"]) await vms.create(`with-${pool}`, pool);
  const before = await vms.whole("with-ceph");
  await ceph.storage("stop");
  try {
    await until("the pool is away", async () => (await find("ceph")).phase === Phase.ERROR, 90_000);
    expect((await find("dir")).phase).toBe(Phase.READY);
    await vms.goesOn("with-dir");
  } finally {
    await ceph.storage("start");
  }
  await until("the pool is back", async () => (await find("ceph")).phase === Phase.READY, 90_000);
  await vms.untilState("with-ceph", State.RUNNING);
  expect(await vms.goesOn("with-ceph")).toBeGreaterThan(before);
});
