import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createClient, type Client } from "@connectrpc/connect";
import {
  fromConnectError,
  Reason,
  VmDesired_Power as Power,
  VmSpecSchema,
  VmStatus_PowerState as State,
  type Problem,
} from "@limiquantix/api";
import {
  ConsoleOpen_Type,
  ConsoleRequestSchema,
  NodeDaemonService,
  type EnsureVMRequestSchema,
  type NodeEvent,
  type UploadImageRequestSchema,
} from "@limiquantix/api/daemon";
import { drain, FakeClock, silentLog } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SimHost } from "./host/sim-host.ts";
import { settle } from "./settle.ts";
import { SimDaemon } from "./sim-daemon.ts";

const NET = "0199aaaa-0000-7000-8000-000000000001";
const VM = "0199bbbb-0000-7000-8000-000000000001";
const POOL = "0199cccc-0000-7000-8000-000000000001";

let clock: FakeClock;
let host: SimHost;
let daemon: SimDaemon;
let client: Client<typeof NodeDaemonService>;

beforeEach(async () => {
  clock = new FakeClock();
  host = new SimHost({ name: "host-1", clock });
  daemon = new SimDaemon(host, { clock, log: silentLog });
  await daemon.start();
  client = createClient(NodeDaemonService, daemon.transport());
});

afterEach(async () => {
  await daemon.stop();
});

test("a VM is made, gets an address, and is removed with all that it had", async () => {
  const progress = await ensure({});
  expect(progress.map(({ step }) => step)).toContain("define");
  expect(progress.at(-1)).toMatchObject({
    done: true,
    percent: 100,
    observed: { state: State.RUNNING, generation: 1n },
  });
  await quiet();
  const seen = await client.getVMStatus({ vmId: VM });
  expect(seen.nics[0]?.ipAddresses).toHaveLength(1);
  expect((await client.listLeases({ networkId: NET })).leases).toHaveLength(1);

  await client.deleteVM({ vmId: VM });
  expectEmpty();
  await client.deleteVM({ vmId: VM });
  expect((await client.listVMs({})).vms).toEqual([]);
});

test("a daemon answers once the host's own pool is open, however long that takes", async () => {
  daemon.kill();
  host.faults.slowDiskMs = 40_000;
  const starting = daemon.start();
  await clock.advance(30_000);
  expect((await failure(client.getNodeInfo({}))).reason).toBe(Reason.UNAVAILABLE);
  await clock.advance(20_000);
  await starting;
  host.faults.slowDiskMs = 0;
  expect((await client.getNodeInfo({})).pools).toMatchObject([{ name: "local", errorMessage: "" }]);
});

test("an order again changes nothing, an older one is refused", async () => {
  await ensure({ generation: 5n });
  const steps: string[] = [];
  host.onStep = (step) => steps.push(step);
  await ensure({ generation: 5n });
  expect(steps.filter((step) => step.startsWith("after") && !step.includes("find"))).toEqual([]);
  expect((await failure(ensure({ generation: 4n }))).reason).toBe(Reason.STALE_GENERATION);
});

test("two calls for one generation share the work", async () => {
  const defined: string[] = [];
  host.onStep = (step) => {
    if (step === "after hypervisor.define") defined.push(step);
  };
  await Promise.all([ensure({}), ensure({}), ensure({})]);
  expect(defined).toHaveLength(1);
});

test("work goes on when its caller leaves", async () => {
  host.faults.slowDiskMs = 1000;
  const leaving = new AbortController();
  const call = ensure({}, leaving.signal);
  await drain();
  leaving.abort();
  await failure(call);
  await quiet();
  expect((await client.getVMStatus({ vmId: VM })).state).toBe(State.RUNNING);
});

test("a first creation that fails leaves nothing", async () => {
  host.size.memoryMib = 512;
  const error = await failure(ensure({}));
  expect(error.reason).toBe(Reason.HYPERVISOR_REFUSED);
  expectEmpty();
});

test("a full disk is told as such and leaves nothing", async () => {
  host.faults.diskFull = true;
  expect((await failure(ensure({}))).reason).toBe(Reason.POOL_FULL);
  expectEmpty();
});

test("what a daemon that was killed left is removed by the spec alone", async () => {
  host.onStep = (step) => {
    if (step === "after volume.ensure") daemon.kill();
  };
  await failure(ensure({}));
  expect(host.volumes.size).toBe(1);
  host.onStep = () => {};
  await daemon.start();
  await client.deleteVM({ vmId: VM, spec: vmSpec() });
  expectEmpty();
});

test("killed at any step, the next daemon ends what was begun", async () => {
  const desires = [
    { power: Power.ON },
    { power: Power.OFF },
    { power: Power.SUSPENDED },
    { power: Power.ON, reboots: 1 },
  ];
  for (let every = 1; every <= 50; every++) {
    let steps = 0;
    host.onStep = () => {
      if (++steps % every === 0 && steps <= every * 4) daemon.kill();
    };
    for (const [index, desired] of desires.entries()) {
      await persist(async () => void (await ensure({ generation: BigInt(index + 1), desired })));
    }
    host.onStep = () => {};
    await quiet();
    const vm = await client.getVMStatus({ vmId: VM });
    expect(vm).toMatchObject({ state: State.RUNNING, generation: 4n, reboots: 1 });
    expect([host.volumes.size, host.seeds.size, host.domains.size]).toEqual([1, 1, 1]);
    await client.deleteVM({ vmId: VM });
    expectEmpty();
  }
});

test("a guest is asked to stop; a stubborn one goes on, and is cut when forced", async () => {
  await ensure({});
  await quiet();
  const off = { power: Power.OFF, stopTimeoutSeconds: 30 };
  host.behaviours.set(VM, { stubborn: true });
  await recreateGuest();
  const refused = failure(ensure({ generation: 3n, desired: off }));
  await quiet();
  expect((await refused).reason).toBe(Reason.GUEST_DID_NOT_STOP);
  expect((await client.getVMStatus({ vmId: VM })).state).toBe(State.RUNNING);

  const forced = ensure({ generation: 4n, desired: { ...off, force: true } });
  await quiet();
  expect((await forced).at(-1)?.observed?.state).toBe(State.STOPPED);
});

test("a guest that still boots hears the second question", async () => {
  host.guests = { bootMs: 25_000, shutdownMs: 1000, stubborn: false };
  await ensure({});
  const stopping = ensure({ generation: 2n, desired: { power: Power.OFF, stopTimeoutSeconds: 60 } });
  await quiet();
  expect((await stopping).at(-1)?.observed?.state).toBe(State.STOPPED);
});

test("a newer order takes over while the older one waits for the guest", async () => {
  host.behaviours.set(VM, { stubborn: true });
  await ensure({});
  const stopping = failure(ensure({ generation: 2n, desired: { power: Power.OFF, stopTimeoutSeconds: 3600 } }));
  await drain(20);
  const cut = ensure({ generation: 3n, desired: { power: Power.OFF, force: true } });
  expect((await stopping).reason).toBe(Reason.SUPERSEDED);
  expect((await cut).at(-1)?.observed).toMatchObject({ state: State.STOPPED, generation: 3n });
});

test("a deletion takes over while an order waits for the guest", async () => {
  host.behaviours.set(VM, { stubborn: true });
  await ensure({});
  const stopping = failure(ensure({ generation: 2n, desired: { power: Power.OFF, stopTimeoutSeconds: 3600 } }));
  await drain(20);
  await client.deleteVM({ vmId: VM });
  expect((await stopping).reason).toBe(Reason.SUPERSEDED);
  expectEmpty();
});

test("changes are made live where they can be, and the rest is marked", async () => {
  await ensure({});
  const changed = vmSpec((spec) => {
    spec.cpu!.cores = 4;
    spec.cpu!.model = "Skylake-Client";
    spec.disks.push({ ...spec.disks[0]!, id: "d1", volumeId: "0199dddd-0000-7000-8000-000000000002" });
  });
  const observed = (await ensure({ generation: 2n, spec: changed })).at(-1)?.observed;
  expect(observed).toMatchObject({ generation: 2n, needsRestart: ["cpu.model"] });
  expect(host.domains.get(VM)?.live?.spec.disks).toHaveLength(2);
  expect(host.domains.get(VM)?.live?.spec.cpu?.cores).toBe(4);

  const smaller = (await ensure({ generation: 3n, spec: vmSpec((spec) => (spec.cpu!.model = "Skylake-Client")) })).at(
    -1,
  );
  expect(smaller?.observed?.needsRestart).toEqual(["cpu.cores", "cpu.model"]);
  expect(host.domains.get(VM)?.live?.spec.disks).toHaveLength(1);
  // A volume goes only when that is asked for.
  expect(host.volumes.size).toBe(2);
});

test("events: a snapshot, then what changes, and a sign of life each second", async () => {
  const events: NodeEvent["event"][] = [];
  const ending = new AbortController();
  const reading = (async () => {
    for await (const { event } of client.streamEvents({}, { signal: ending.signal })) events.push(event);
  })().catch(() => {});
  await drain();
  expect(events[0]).toMatchObject({ case: "snapshot", value: { hypervisorConnected: true, vms: [] } });
  await ensure({});
  await clock.advance(3500);
  const cases = events.map((event) => event.case);
  expect(cases.filter((name) => name === "alive")).toHaveLength(3);
  expect(cases).toContain("vmChanged");
  host.stopLibvirt("gone");
  await drain();
  expect(events.at(-1)).toMatchObject({ case: "hypervisor", value: { connected: false, message: "gone" } });
  host.domains.delete(VM);
  host.startLibvirt();
  await drain();
  expect(events.slice(-2)).toMatchObject([
    { case: "hypervisor", value: { connected: true } },
    { case: "vmGone", value: VM },
  ]);
  ending.abort();
  await reading;
});

test("a serial console asks for a login and echoes", async () => {
  await ensure({});
  await quiet();
  const text = await new Promise<string>((resolve, reject) => {
    const input = (async function* () {
      yield create(ConsoleRequestSchema, {
        input: { case: "open", value: { vmId: VM, type: ConsoleOpen_Type.SERIAL } },
      });
      yield create(ConsoleRequestSchema, { input: { case: "data", value: new TextEncoder().encode("ada\r") } });
    })();
    let all = "";
    (async () => {
      for await (const { data } of client.console(input)) all += new TextDecoder().decode(data);
      resolve(all);
    })().catch(reject);
  });
  expect(text).toContain("web-1 login: ada\r");
});

test("an image is uploaded, looked at, and refused when its sum differs", async () => {
  const imageId = "0199eeee-0000-7000-8000-000000000001";
  const info = await client.uploadImage(upload(imageId, new Uint8Array(1024), ""));
  expect(info).toMatchObject({ imageId, sizeBytes: 1024n });
  expect((await client.listImages({ pool: "local" })).images).toHaveLength(1);
  const other = "0199eeee-0000-7000-8000-000000000002";
  const wrong = await failure(client.uploadImage(upload(other, new Uint8Array(1024), "00".repeat(32))));
  expect(wrong.reason).toBe(Reason.IMAGE_CHECKSUM_MISMATCH);
  expect((await client.getImageOffset({ imageId: other, pool: "local" })).offset).toBe(0n);
});

test("a domain that somebody else made is reported, and adopted without a change", async () => {
  host.addForeignDomain({ vmId: VM, name: "legacy", spec: vmSpec(), running: false });
  await drain();
  expect((await client.listVMs({})).vms[0]).toMatchObject({ managed: false, name: "legacy", generation: 0n });
  expect((await failure(ensure({}))).reason).toBe(Reason.VM_NOT_MANAGED);
  expect((await client.adoptVM({ vmId: VM, generation: 1n })).observed).toMatchObject({
    managed: true,
    generation: 1n,
  });
  const observed = (await ensure({ generation: 2n, adopted: true })).at(-1)?.observed;
  expect(observed).toMatchObject({ state: State.RUNNING, generation: 2n, name: "legacy" });
});

test("requests that break a rule are refused with the field", async () => {
  const error = await failure(client.deleteVM({ vmId: "../../etc" }));
  expect(error.reason).toBe(Reason.INVALID_REQUEST);
  expect(error.fields[0]?.field).toBe("vmId");
});

async function* upload(
  imageId: string,
  bytes: Uint8Array,
  sha256: string,
): AsyncIterable<MessageInitShape<typeof UploadImageRequestSchema>> {
  const header = { imageId, pool: "local", offset: 0n, sizeBytes: BigInt(bytes.length), sha256 };
  yield { part: { case: "header", value: header } };
  yield { part: { case: "chunk", value: bytes } };
}

function vmSpec(change: (spec: ReturnType<typeof base>) => void = () => {}) {
  const spec = base();
  change(spec);
  return spec;
}

function base() {
  return create(VmSpecSchema, {
    cpu: { cores: 2, maxCores: 8 },
    memory: { sizeMib: 1024n },
    disks: [{ id: "d0", storagePoolId: POOL, volumeId: "0199dddd-0000-7000-8000-000000000001", sizeGib: 10n }],
    nics: [{ id: "n0", networkId: NET, macAddress: "52:54:00:00:00:01" }],
    provisioning: { cloudInit: { username: "ada" } },
  });
}

type EnsureVMRequestInit = Exclude<MessageInitShape<typeof EnsureVMRequestSchema>, { $typeName: string }>;

async function ensure(request: Partial<EnsureVMRequestInit>, signal?: AbortSignal) {
  const progress = [];
  const stream = client.ensureVM(
    {
      vmId: VM,
      name: "web-1",
      generation: 1n,
      spec: vmSpec(),
      desired: { power: Power.ON },
      networks: [{ networkId: NET, name: "default" }],
      pools: { [POOL]: "local" },
      ...request,
    },
    signal ? { signal } : {},
  );
  for await (const step of stream) progress.push(step);
  return progress;
}

/** Tries again with a new daemon each time it is killed. */
async function persist(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      const working = work();
      await Promise.race([quiet(), working.catch(() => {})]);
      return await working;
    } catch (cause) {
      if (fromConnectError(cause).reason !== Reason.UNAVAILABLE) throw cause;
      while (!daemon.up) await Promise.race([daemon.start(), drain(5)]);
    }
  }
}

async function recreateGuest(): Promise<void> {
  await ensure({ generation: 2n, desired: { power: Power.OFF, force: true } });
  await ensure({ generation: 2n, desired: { power: Power.ON } });
  await quiet();
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

function expectEmpty(): void {
  const leases = [...host.networks.values()].flatMap((network) => [...network.ports.keys(), ...network.leases.keys()]);
  expect([[...host.domains.keys()], [...host.volumes.keys()], [...host.seeds.keys()], leases]).toEqual([
    [],
    [],
    [],
    [],
  ]);
}
