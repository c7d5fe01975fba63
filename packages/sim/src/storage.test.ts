import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import {
  fromConnectError,
  Reason,
  StoragePoolSpec_Backend as Backend,
  StoragePoolSpecSchema,
  VmDesired_Power as Power,
  VmSpecSchema,
  VmStatus_PowerState as State,
  type Problem,
  type VmSpec,
} from "@limiquantix/api";
import {
  NodeDaemonService,
  type EnsureVMRequestSchema,
  type EnsureVolumeRequestSchema,
  type CreateSnapshotRequestSchema,
} from "@limiquantix/api/daemon";
import { drain, FakeClock, newId, silentLog } from "@limiquantix/kit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SimHost } from "./host/sim-host.ts";
import type { SimStorage } from "./host/sim-storage.ts";
import { settle } from "./settle.ts";
import { SimDaemon } from "./sim-daemon.ts";
import { randomOf } from "./testing/random.ts";

const VM = "0199bbbb-0000-7000-8000-000000000001";
const LOCAL = "0199cccc-0000-7000-8000-000000000001";
const RBD = "0199cccc-0000-7000-8000-000000000002";
const NFS = "0199cccc-0000-7000-8000-000000000003";
const LUN = "0199cccc-0000-7000-8000-000000000004";
const [VOL_A, VOL_B] = ["0199dddd-0000-7000-8000-000000000001", "0199dddd-0000-7000-8000-000000000002"];

let clock: FakeClock;
let storages: Map<string, SimStorage>;
let locks: Map<string, string>;
let host: SimHost;
let daemon: SimDaemon;
let client: Client<typeof NodeDaemonService>;

beforeEach(async () => {
  clock = new FakeClock();
  storages = new Map();
  locks = new Map();
  ({ host, daemon, client } = await newHost("host-1"));
});

afterEach(async () => {
  await daemon.stop();
  expect([host.storage, ...storages.values()].flatMap(({ violations }) => violations)).toEqual([]);
});

describe("declared pools", () => {
  test("a pool is opened, measured, told and let go of", async () => {
    const report = await client.ensurePool(poolOf(RBD, Backend.CEPH_RBD));
    expect(report).toMatchObject({ poolId: RBD, name: RBD, backend: Backend.CEPH_RBD, errorMessage: "" });
    expect(report.capabilities).toMatchObject({ shared: true, snapshots: true, images: false });
    expect(report.capacity?.totalBytes).toBeGreaterThan(0n);
    expect((await client.getNodeInfo({})).pools.map(({ name }) => name)).toEqual(["local", RBD]);
    await made({ pool: RBD, volumeId: VOL_A });
    expect((await client.listPoolFiles({ pool: RBD })).files).toHaveLength(1);
    await client.releasePool({ poolId: RBD });
    await client.releasePool({ poolId: RBD });
    expect((await failure(client.listVolumes({ pool: RBD }))).reason).toBe(Reason.POOL_UNAVAILABLE);
  });

  test("one of a kind that nobody opens says why", async () => {
    const report = await client.ensurePool(poolOf(RBD, Backend.CEPH_CEPHFS));
    expect(report.errorMessage).toContain("not supported here");
  });

  test("one that is away is told, and opened when it is back", async () => {
    await client.ensurePool(poolOf(RBD, Backend.CEPH_RBD));
    const told: string[] = [];
    const ending = new AbortController();
    const reading = (async () => {
      for await (const { event } of client.streamEvents({}, { signal: ending.signal })) {
        if (event.case === "poolChanged") told.push(event.value.errorMessage);
      }
    })().catch(() => {});
    await drain();
    storage(RBD).faults.unreachable = true;
    await clock.advance(31_000);
    expect(told.at(-1)).toContain("connection timed out");
    expect((await failure(client.listVolumes({ pool: RBD }))).reason).toBe(Reason.POOL_UNAVAILABLE);
    await clock.advance(120_000);
    storage(RBD).faults.unreachable = false;
    await clock.advance(31_000);
    expect(told.at(-1)).toBe("");
    expect((await client.listVolumes({ pool: RBD })).volumes).toEqual([]);
    ending.abort();
    await reading;
  });

  test("one that takes longer to be opened than is waited for is opened once, and used", async () => {
    await client.ensurePool(poolOf(RBD, Backend.CEPH_RBD));
    await client.releasePool({ poolId: RBD });
    const steps: string[] = [];
    host.onStep = (step) => steps.push(step);
    storage(RBD).faults.slowMs = 100_000;
    const asking = client.ensurePool(poolOf(RBD, Backend.CEPH_RBD));
    await clock.advance(90_000);
    expect((await asking).errorMessage).toContain("could not be opened within 60 s");
    storage(RBD).faults.slowMs = 0;
    await clock.advance(11_000);
    expect((await client.listVolumes({ pool: RBD })).volumes).toEqual([]);
    expect(steps.filter((step) => step === "before pool.open")).toHaveLength(1);
  });

  test("one that never answers holds up nobody, and whoever waits for it hears so", async () => {
    await client.ensurePool(poolOf(NFS, Backend.NFS));
    await client.ensurePool(poolOf(RBD, Backend.CEPH_RBD));
    storage(NFS).faults.mute = true;
    const waiting = failure(client.listVolumes({ pool: NFS }));
    await clock.advance(16_000);
    expect((await waiting).reason).toBe(Reason.POOL_UNAVAILABLE);
    expect((await failure(client.listVolumes({ pool: NFS }))).reason).toBe(Reason.POOL_UNAVAILABLE);
    expect((await client.listVolumes({ pool: RBD })).volumes).toEqual([]);
    expect((await client.getNodeInfo({})).pools).toHaveLength(3);
    storage(NFS).faults.mute = false;
    await clock.advance(60_000);
    expect((await client.listVolumes({ pool: NFS })).volumes).toEqual([]);
  });

  test("one with a VM's disk in it is not let go of", async () => {
    await pools();
    await ensure({ spec: specOf([RBD]) });
    expect((await failure(client.releasePool({ poolId: RBD }))).reason).toBe(Reason.IN_USE);
    await client.releasePool({ poolId: NFS });
  });
});

describe("volumes", () => {
  beforeEach(() => pools());

  test("one is made, joined, grown, listed, and deleted", async () => {
    const request = { pool: RBD, volumeId: VOL_A, sizeBytes: 2n ** 30n };
    const [one, two] = await Promise.all([made(request), made(request)]);
    expect(one).toEqual(two);
    expect(await client.growVolume({ ...request, sizeBytes: 2n ** 31n })).toMatchObject({ sizeBytes: 2n ** 31n });
    expect((await client.listVolumes({ pool: RBD })).volumes).toMatchObject([
      { volumeId: VOL_A, sizeBytes: 2n ** 31n },
    ]);
    await client.deleteVolume(request);
    await client.deleteVolume(request);
    expect((await client.listVolumes({ pool: RBD })).volumes).toEqual([]);
  });

  test("one that a VM has is not deleted, but its namesake in another pool is", async () => {
    await ensure({ spec: specOf([RBD]), desired: { power: Power.OFF } });
    await made({ pool: NFS, volumeId: VOL_A });
    expect((await failure(client.deleteVolume({ pool: RBD, volumeId: VOL_A }))).reason).toBe(Reason.IN_USE);
    await client.deleteVolume({ pool: NFS, volumeId: VOL_A });
    await client.deleteVM({ vmId: VM, keepVolumes: true });
    expect(storage(RBD).volumes.size).toBe(1);
    await client.deleteVolume({ pool: RBD, volumeId: VOL_A });
    expect(storage(RBD).volumes.size).toBe(0);
  });

  test("one begins as a copy of another, of its snapshot, and across pools", async () => {
    await ensure({ spec: specOf([RBD]) });
    host.write(VM, "d0", 1, "then");
    await snapshot("s1");
    host.write(VM, "d0", 1, "now");
    const source = { pool: RBD, sourceVolumeId: VOL_A, sourceSnapshotId: idOf("s1") };
    await made({ ...source, volumeId: VOL_B });
    await made({ ...source, volumeId: idOf("linked"), linked: true });
    for (const id of [VOL_B, idOf("linked")]) expect(storage(RBD).volumes.get(id)?.content).toContain("1=then");
    const across = { pool: NFS, volumeId: idOf("across"), sourceVolumeId: VOL_A, sourcePool: RBD };
    expect((await failure(made(across))).reason).toBe(Reason.IN_USE);
    await ensure({ generation: 2n, spec: specOf([RBD]), desired: { power: Power.OFF, force: true } });
    await made(across);
    expect(storage(NFS).volumes.get(idOf("across"))?.content).toContain("1=now");
    expect((await failure(remove("s1"))).reason).toBe(Reason.IN_USE);
  });
});

describe("a VM on declared pools", () => {
  beforeEach(() => pools());

  test("its disks are ready while it runs, and let go of when it is off, whoever turned it off", async () => {
    const spec = specOf([RBD, LUN]);
    await ensure({ spec });
    expect([...attached(LUN)]).toEqual(["host-1"]);
    await quiet();
    host.domains.get(VM)?.live?.guest.askToStop();
    await quiet();
    expect([...attached(LUN), ...attached(RBD)]).toEqual([]);
    await ensure({ spec });
    await ensure({ generation: 2n, spec, desired: { power: Power.SUSPENDED } });
    expect([...attached(LUN)]).toEqual([]);
    await ensure({ generation: 3n, spec });
    expect([...attached(LUN)]).toEqual(["host-1"]);
  });

  test("a disk that another host has active is not started", async () => {
    const spec = specOf([LUN]);
    await ensure({ spec });
    const other = await newHost("host-2");
    await pools(other.client);
    const second = { vmId: newId(), spec };
    expect((await failure(ensure(second, other.client))).reason).toBe(Reason.VM_LOCKED_ELSEWHERE);
    expect(storage(LUN).volumes.size).toBe(1);
    await other.daemon.stop();
  });

  test("a disk grows while it runs", async () => {
    await ensure({ spec: specOf([LOCAL, RBD]) });
    const grown = specOf([LOCAL, RBD], 20n);
    const [last] = (await ensure({ generation: 2n, spec: grown })).slice(-1);
    expect(last?.observed?.needsRestart).toEqual([]);
    expect(host.volumes.get(VOL_A)?.sizeBytes).toBe(20 * 2 ** 30);
    expect(storage(RBD).volumes.get(VOL_B)?.sizeBytes).toBe(20 * 2 ** 30);
  });

  test("after a restart of the daemon its disks are as ready as before", async () => {
    await ensure({ spec: specOf([LUN]) });
    daemon.kill();
    await daemon.start();
    await pools();
    await ensure({ generation: 2n, spec: specOf([LUN]), desired: { power: Power.OFF, force: true } });
    expect([...attached(LUN)]).toEqual([]);
  });
});

describe("snapshots", () => {
  beforeEach(() => pools());

  const states: [string, MessageInitShape<typeof EnsureVMRequestSchema>["desired"]][] = [
    ["running", { power: Power.ON }],
    ["paused", { power: Power.PAUSED }],
    ["suspended", { power: Power.SUSPENDED }],
    ["off", { power: Power.OFF, force: true }],
  ];
  const layouts = [[LOCAL], [RBD], [LOCAL, RBD], [NFS, LUN]];

  test.each(
    states.flatMap(([name, desired]) => layouts.map((layout) => [name, layout.length, desired, layout] as const)),
  )("of a VM that is %s, with %d disks: taken twice, gone back to, deleted", async (_name, _count, desired, layout) => {
    const spec = specOf(layout);
    await ensure({ spec });
    write(layout, "then");
    if (desired?.power !== Power.ON) await ensure({ generation: 2n, spec, desired });
    const up = desired?.power === Power.ON || desired?.power === Power.PAUSED;
    const before = (await client.getVMStatus({ vmId: VM })).state;
    const report = await snapshot("s1", { includeMemory: true });
    expect(report).toMatchObject({ memoryIncluded: up });
    expect(await snapshot("s1", { includeMemory: true })).toMatchObject({ memoryIncluded: up });
    expect((await client.getVMStatus({ vmId: VM })).state).toBe(before);
    await ensure({ generation: 3n, spec });
    expect(reads(layout)).toEqual(layout.map(() => "then"));
    write(layout, "now");
    await snapshot("s2");
    write(layout, "later");
    const back = { power: Power.ON, reverts: 1, revertSnapshotId: idOf("s1"), revertMemory: up };
    const seen = (await ensure({ generation: 4n, spec, desired: back })).at(-1)?.observed;
    expect(seen).toMatchObject({ state: State.RUNNING, reverts: 1 });
    expect(reads(layout)).toEqual(layout.map(() => "then"));
    write(layout, "branch");
    await remove("s1");
    expect(reads(layout)).toEqual(layout.map(() => "branch"));
    const again = { ...back, reverts: 2, revertSnapshotId: idOf("s2"), revertMemory: false };
    await ensure({ generation: 5n, spec, desired: again });
    expect(reads(layout)).toEqual(layout.map(() => "now"));
    await remove("s2");
    await remove("s2");
    expect(reads(layout)).toEqual(layout.map(() => "now"));
    expect(leftSnapshots()).toEqual([]);
  });

  test("one that fails leaves nothing, and the guest runs on", async () => {
    const layout = [LOCAL, RBD];
    await ensure({ spec: specOf(layout) });
    write(layout, "then");
    host.onStep = (step) => {
      if (step === "before hypervisor.disk-switch") throw new Error("no such luck");
    };
    await failure(snapshot("s1"));
    host.onStep = () => {};
    expect(leftSnapshots()).toEqual([]);
    expect((await client.getVMStatus({ vmId: VM })).state).toBe(State.RUNNING);
    write(layout, "now");
    await snapshot("s1");
    await remove("s1");
    expect(reads(layout)).toEqual(["now", "now"]);
  });

  test("a newer order does not wait for layers to be merged; the deletion is done later", async () => {
    const spec = specOf([LOCAL]);
    await ensure({ spec });
    await snapshot("s1");
    write([LOCAL], "kept");
    host.copyMs = 3_600_000;
    const merging = failure(remove("s1", false));
    await drain(20);
    const off = ensure({ generation: 2n, spec, desired: { power: Power.OFF, force: true } });
    await quiet();
    expect((await merging).reason).toBe(Reason.SUPERSEDED);
    expect((await off).at(-1)?.observed?.state).toBe(State.STOPPED);
    host.copyMs = 0;
    await remove("s1");
    await ensure({ generation: 3n, spec });
    expect(reads([LOCAL])).toEqual(["kept"]);
  });
});

describe("a move", () => {
  beforeEach(() => pools());

  test.each([
    ["running", Power.ON],
    ["off", Power.OFF],
    ["suspended", Power.SUSPENDED],
  ] as const)("of a disk of a VM that is %s", async (_name, power) => {
    await ensure({ spec: specOf([LOCAL]) });
    write([LOCAL], "kept");
    await ensure({ generation: 2n, spec: specOf([LOCAL]), desired: { power, force: true } });
    const seen = (await ensure({ generation: 3n, spec: moving(RBD, LOCAL), desired: { power, force: true } })).at(-1);
    expect(seen?.observed?.needsRestart).toEqual([]);
    expect([host.volumes.size, storage(RBD).volumes.size]).toEqual([0, 1]);
    await ensure({ generation: 4n, spec: specOf([RBD]) });
    expect(reads([RBD])).toEqual(["kept"]);
  });

  test("of the first disk takes the seed along, and one that was used up as well", async () => {
    await ensure({ spec: specOf([LOCAL]), desired: { power: Power.OFF } });
    const seed = host.seeds.get(VM);
    expect(seed?.get("user-data")).toContain("ada");
    const [there, after] = [moving(RBD, LOCAL), specOf([RBD])];
    for (const spec of [there, after]) spec.provisioning!.cloudInit!.consumed = true;
    await ensure({ generation: 2n, spec: there, desired: { power: Power.OFF } });
    expect([host.seeds.get(VM), storage(RBD).seeds.get(VM)]).toEqual([undefined, seed]);
    await ensure({ generation: 3n, spec: after });
    expect(host.domains.get(VM)?.definition?.seed).toMatchObject({ path: expect.stringContaining(RBD) });
    await client.deleteVM({ vmId: VM });
    expect(storage(RBD).seeds.size).toBe(0);
  });

  test("that is called off leaves the disk where it was", async () => {
    await ensure({ spec: specOf([LOCAL]) });
    write([LOCAL], "kept");
    host.copyMs = 60_000;
    const moved = failure(ensure({ generation: 2n, spec: moving(RBD, LOCAL) }));
    await drain(20);
    const back = ensure({ generation: 3n, spec: moving(LOCAL, RBD) });
    await quiet();
    expect((await moved).reason).toBe(Reason.SUPERSEDED);
    expect((await back).at(-1)?.observed?.generation).toBe(3n);
    expect([host.volumes.size, storage(RBD).volumes.size]).toEqual([1, 0]);
    expect(reads([LOCAL])).toEqual(["kept"]);
  });

  test.each([
    ["goes on where it was", [LOCAL, RBD], [0, 1]],
    ["can be called off", [RBD, LOCAL], [1, 0]],
  ] as const)("in whose middle the daemon dies %s", async (_what, [from, to], left) => {
    await ensure({ spec: specOf([LOCAL]) });
    write([LOCAL], "kept");
    host.copyMs = 60_000;
    const begun = failure(ensure({ generation: 2n, spec: moving(RBD, LOCAL) }));
    await drain(20);
    daemon.kill();
    await begun;
    await persist(() => ensure({ generation: 3n, spec: moving(to, from) }));
    expect([host.volumes.size, storage(RBD).volumes.size]).toEqual(left);
    expect(reads([to])).toEqual(["kept"]);
  });
});

test("killed at any step of snapshots, reverts and moves, the daemon ends what was begun with the right bytes", async () => {
  let deaths = 0;
  for (let round = 0; round < 60; round++) {
    const random = randomOf(`storage ${round}`);
    const layout =
      [
        [LOCAL, RBD],
        [NFS, LUN],
        [LOCAL, LOCAL],
      ][round % 3] ?? [];
    const where = `round ${round}`;
    const spec = specOf(layout);
    let generation = 0n;
    await pools();
    const order = (desired: MessageInitShape<typeof EnsureVMRequestSchema>["desired"], wanted = spec) => {
      generation++;
      return persist(() => ensure({ generation, spec: wanted, desired }));
    };
    const at = new Set(Array.from({ length: 12 }, () => Math.floor(random() * 600)));
    let steps = 0;
    host.onStep = () => {
      if (!at.has(steps++)) return;
      deaths++;
      daemon.kill();
    };
    await order({ power: Power.ON });
    write(layout, "one");
    await persist(() => snapshot("s1", { includeMemory: random() < 0.5 }));
    await order({ power: Power.ON });
    expect(reads(layout), where).toEqual(["one", "one"]);
    write(layout, "two");
    if (random() < 0.5) await order({ power: Power.OFF, force: true });
    await persist(() => snapshot("s2"));
    await order({ power: Power.ON });
    expect(reads(layout), where).toEqual(["two", "two"]);
    write(layout, "three");
    await order({ power: Power.ON, reverts: 1, revertSnapshotId: idOf("s1") });
    expect(reads(layout), where).toEqual(["one", "one"]);
    write(layout, "four");
    await persist(() => remove("s1"));
    expect(reads(layout), where).toEqual(["four", "four"]);
    await order({ power: Power.ON, reverts: 2, revertSnapshotId: idOf("s2") });
    expect(reads(layout), where).toEqual(["two", "two"]);
    if (random() < 0.5) await order({ power: Power.OFF, force: true });
    await persist(() => remove("s2"));
    const moved = random() < 0.5 ? Power.ON : Power.OFF;
    const target = layout[0] === NFS ? LOCAL : NFS;
    const there = specOf([target, layout[1] ?? ""]);
    const going = specOf([target, layout[1] ?? ""]);
    going.disks[0]!.movingFromPoolId = layout[0] ?? "";
    await order({ power: moved, force: true, reverts: 2 }, going);
    await order({ power: Power.ON, reverts: 2 }, there);
    host.onStep = () => {};
    await quiet();
    expect(reads(layout), where).toEqual(["two", "two"]);
    expect(leftSnapshots(), where).toEqual([]);
    const volumes = [host.storage, ...storages.values()].flatMap((it) => [...it.volumes.keys()]);
    expect(volumes.toSorted(), where).toEqual([VOL_A, VOL_B]);
    expect(
      [host.storage, ...storages.values()].flatMap(({ violations }) => violations),
      where,
    ).toEqual([]);
    await persist(() => client.deleteVM({ vmId: VM, spec: there }));
    const left = [host.storage, ...storages.values()].flatMap((it) => [...it.volumes.keys(), ...it.seeds.keys()]);
    expect(left, where).toEqual([]);
  }
  expect(deaths).toBeGreaterThan(400);
}, 120_000);

async function newHost(name: string) {
  const made = new SimHost({ name, clock, storages, locks });
  made.copyMs = 0;
  const its = new SimDaemon(made, { clock, log: silentLog });
  await its.start();
  return { host: made, daemon: its, client: createClient(NodeDaemonService, its.transport()) };
}

function poolOf(poolId: string, backend: Backend) {
  return { poolId, name: Backend[backend], spec: create(StoragePoolSpecSchema, { backend }) };
}

async function pools(to = client): Promise<void> {
  for (const [id, backend] of [
    [RBD, Backend.CEPH_RBD],
    [NFS, Backend.NFS],
    [LUN, Backend.ISCSI],
  ] as const)
    await to.ensurePool(poolOf(id, backend));
}

function storage(pool: string): SimStorage {
  const found = storages.get(pool);
  if (!found) throw new Error(`no pool ${pool}`);
  return found;
}

function attached(pool: string): Set<string> {
  return new Set([...storage(pool).attached.values()].flatMap((hosts) => [...hosts]));
}

function specOf(layout: readonly string[], sizeGib = 10n): VmSpec {
  return create(VmSpecSchema, {
    cpu: { cores: 1 },
    memory: { sizeMib: 512n },
    disks: layout.map((storagePoolId, index) => ({
      id: `d${index}`,
      storagePoolId,
      volumeId: index === 0 ? VOL_A : VOL_B,
      sizeGib,
    })),
    provisioning: { cloudInit: { username: "ada" } },
  });
}

function moving(to: string, from: string): VmSpec {
  const spec = specOf([to]);
  spec.disks[0]!.movingFromPoolId = from;
  return spec;
}

function write(layout: readonly string[], value: string): void {
  for (const index of layout.keys()) host.write(VM, `d${index}`, 7, value);
}

function reads(layout: readonly string[]): string[] {
  return [...layout.keys()].map((index) => /7=(\w+)/.exec(host.read(VM, `d${index}`))?.[1] ?? "nothing");
}

function idOf(name: string): string {
  const digits = [...name].map((char) => char.charCodeAt(0).toString(16)).join("");
  return `0199eeee-0000-7000-8000-${digits.padStart(12, "0")}`;
}

function disksOfVm() {
  const disks = host.domains.get(VM)?.definition?.disks ?? [];
  return disks.map(({ disk }) => ({
    diskId: disk.id,
    volumeId: disk.volumeId,
    pool: disk.storagePoolId === LOCAL ? "local" : disk.storagePoolId,
  }));
}

function leftSnapshots(): string[] {
  return [host.storage, ...storages.values()].flatMap((it) => [
    ...[...it.volumes.values()].flatMap((volume) => [
      ...volume.snapshots.keys(),
      ...(volume.pending ? [`${volume.volumeId} has a layer that no guest was switched to`] : []),
      ...[...volume.layers.values()].flatMap((layer) => (volume.isBelowTop(layer) ? [] : layer.name)),
    ]),
    ...it.memory.keys(),
  ]);
}

async function snapshot(name: string, more: MessageInitShape<typeof CreateSnapshotRequestSchema> = {}) {
  const request = { vmId: VM, snapshotId: idOf(name), volumes: disksOfVm(), ...more };
  const answers = await all(client.createSnapshot(request));
  return answers.at(-1)?.done;
}

async function remove(name: string, turn = true) {
  const request = { vmId: VM, snapshotId: idOf(name), volumes: disksOfVm() };
  const answers = all(client.deleteSnapshot(request));
  if (turn) await Promise.race([quiet(), answers.catch(() => {})]);
  return answers;
}

async function made(request: MessageInitShape<typeof EnsureVolumeRequestSchema>) {
  const work = all(client.ensureVolume({ sizeBytes: 10n * 2n ** 30n, ...request }));
  return (await work).at(-1)?.done;
}

function ensure(request: MessageInitShape<typeof EnsureVMRequestSchema>, to = client) {
  const order = {
    vmId: VM,
    name: "web-1",
    generation: 1n,
    desired: { power: Power.ON },
    pools: { [LOCAL]: "local" },
    ...request,
  };
  return all(to.ensureVM(order as MessageInitShape<typeof EnsureVMRequestSchema>));
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const answers: T[] = [];
  for await (const answer of stream) answers.push(answer);
  return answers;
}

/** Tries again with a new daemon each time it is killed, told its pools as the control plane does. */
async function persist(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      const working = work();
      await Promise.race([quiet(), working.catch(() => {})]);
      await working;
      return;
    } catch (cause) {
      if (fromConnectError(cause).reason !== Reason.UNAVAILABLE) throw cause;
      while (!daemon.up) await Promise.race([daemon.start(), drain(5)]);
      await pools().catch(() => {});
    }
  }
}

function quiet(): Promise<void> {
  return settle({ clock, busy: () => daemon.busy, limitMs: 4_000_000 });
}

async function failure(call: Promise<unknown>): Promise<Problem> {
  try {
    await call;
  } catch (error) {
    return fromConnectError(error);
  }
  throw new Error("the call did not fail");
}
