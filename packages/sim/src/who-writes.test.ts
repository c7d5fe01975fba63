import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import {
  fromConnectError,
  problem,
  Reason,
  StoragePoolSpec_Backend as Backend,
  StoragePoolSpecSchema,
  VmDesired_Power as Power,
  VmSpecSchema,
  VmStatus_PowerState as State,
  type Problem,
} from "@limiquantix/api";
import { NodeDaemonService, type EnsureVMRequestSchema } from "@limiquantix/api/daemon";
import { drain, FakeClock, silentLog } from "@limiquantix/kit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SimHost } from "./host/sim-host.ts";
import type { SimStorage } from "./host/sim-storage.ts";
import { settle } from "./settle.ts";
import { SimDaemon } from "./sim-daemon.ts";

/** A storage that notes who writes is told before a guest writes, and asked before one goes on. */
const VM = "0199bbbb-0000-7000-8000-000000000001";
const POOL = "0199cccc-0000-7000-8000-000000000004";
const VOLUME = "0199dddd-0000-7000-8000-000000000001";

let clock: FakeClock;
let storages: Map<string, SimStorage>;
let host: SimHost;
let daemon: SimDaemon;
let client: Client<typeof NodeDaemonService>;

beforeEach(async () => {
  clock = new FakeClock();
  storages = new Map();
  host = new SimHost({ name: "host-1", clock, storages });
  host.copyMs = 0;
  daemon = new SimDaemon(host, { clock, log: silentLog });
  client = createClient(NodeDaemonService, daemon.transport());
  await daemon.start();
  await pool();
});

afterEach(async () => {
  host.onStep = () => {};
  await daemon.stop();
  expect([...storages.values()].flatMap(({ violations }) => violations)).toEqual([]);
});

describe("a start", () => {
  test("is told as one: nobody sees that the guest stood still meanwhile", async () => {
    const seen: State[] = [];
    const ending = new AbortController();
    const watching = (async () => {
      for await (const { event } of client.streamEvents({}, { signal: ending.signal }))
        if (event.case === "vmChanged" && event.value.state !== seen.at(-1)) seen.push(event.value.state);
    })().catch(() => {});
    await drain();
    await ensure();
    await quiet();
    expect(seen).toEqual([State.STOPPED, State.RUNNING]);
    ending.abort();
    await watching;
  });

  test.each([Power.OFF, Power.SUSPENDED])(
    "fails where the storage does not take note, and the VM is as it was: %s",
    async (before) => {
      await ensure();
      await ensure({ generation: 2n, desired: { power: before, force: true } });
      const was = await state();
      let told = 0;
      host.onStep = (step) => {
        if (step === "after hypervisor.start") told = 1;
        if (step === "before volume.attach" && told++ === 1)
          throw problem(Reason.VM_LOCKED_ELSEWHERE, { vm: "somebody else's" });
      };
      expect((await failure(ensure({ generation: 3n }))).reason).toBe(Reason.VM_LOCKED_ELSEWHERE);
      expect(await state()).toBe(was);
      expect([...(storage().writers.get(VOLUME) ?? [])]).toEqual([]);
      host.onStep = () => {};
      await ensure({ generation: 3n });
      expect(await state()).toBe(State.RUNNING);
    },
  );

  test("that a daemon did not live to see the end of is ended by the next, whatever it had done", async () => {
    let deaths = 0;
    for (let step = 0; step < 60; step++) {
      let steps = 0;
      host.onStep = () => {
        if (steps++ !== step) return;
        deaths++;
        daemon.kill();
      };
      const starting = ensure().catch(() => {});
      await Promise.race([starting, quiet()]);
      host.onStep = () => {};
      if (!daemon.up) {
        await daemon.start();
        await pool();
      }
      await ensure();
      expect(await state(), `killed at step ${step}`).toBe(State.RUNNING);
      await client.deleteVM({ vmId: VM });
    }
    expect(deaths).toBeGreaterThan(30);
  });
});

describe("a guest that stands still", () => {
  beforeEach(() => ensure());

  test("goes on by itself once its storage is back, as soon as its disks are known to be its own", async () => {
    host.ioError(VM);
    storage().cutFrom.add(host.name);
    await expect(host.goOn(VM)).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
    storage().cutFrom.clear();
    await clock.advance(31_000);
    await host.goOn(VM);
    expect(await state()).toBe(State.RUNNING);
  });

  test("stays so when another host has its disk, and says why; off it goes by what turns it off", async () => {
    host.ioError(VM);
    takenBy("host-2");
    await expect(host.goOn(VM)).rejects.toMatchObject({ reason: Reason.VM_LOCKED_ELSEWHERE });
    expect((await failure(ensure({ generation: 2n }))).reason).toBe(Reason.VM_LOCKED_ELSEWHERE);
    const seen = await client.getVMStatus({ vmId: VM });
    expect(seen.state).toBe(State.PAUSED);
    expect(seen.errorMessage).toMatch(/another host has its disk/);
    await ensure({ generation: 3n, desired: { power: Power.OFF } });
    expect(await client.getVMStatus({ vmId: VM })).toMatchObject({ state: State.STOPPED, errorMessage: "" });
    takenBy("host-1");
  });

  test("is what becomes of one whose disk another host took while its daemon was away", async () => {
    daemon.kill();
    takenBy("host-2");
    await daemon.start();
    await expect(host.goOn(VM)).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
    await pool();
    expect(await client.getVMStatus({ vmId: VM })).toMatchObject({ state: State.PAUSED });
    expect((await client.getVMStatus({ vmId: VM })).errorMessage).not.toBe("");
    takenBy("host-1");
    await ensure({ generation: 2n });
    expect(await client.getVMStatus({ vmId: VM })).toMatchObject({ state: State.RUNNING, errorMessage: "" });
  });
});

async function pool(): Promise<void> {
  const spec = create(StoragePoolSpecSchema, { backend: Backend.ISCSI });
  await client.ensurePool({ poolId: POOL, name: "pool", spec });
}

function storage(): SimStorage {
  const found = storages.get(POOL);
  if (!found) throw new Error("the pool was never opened");
  return found;
}

function takenBy(name: string): void {
  storage().attached.set(VOLUME, new Set([name]));
}

async function ensure(more: MessageInitShape<typeof EnsureVMRequestSchema> = {}): Promise<void> {
  const disks = [{ id: "d0", storagePoolId: POOL, volumeId: VOLUME, sizeGib: 10n }];
  const spec = create(VmSpecSchema, { cpu: { cores: 1 }, memory: { sizeMib: 512n }, disks });
  const order = { vmId: VM, name: "web-1", generation: 1n, desired: { power: Power.ON }, spec, ...more };
  for await (const _ of client.ensureVM(order as MessageInitShape<typeof EnsureVMRequestSchema>)) continue;
}

async function state(): Promise<State> {
  return (await client.getVMStatus({ vmId: VM })).state;
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
