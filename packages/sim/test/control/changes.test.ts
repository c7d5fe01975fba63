import { ConnectError } from "@connectrpc/connect";
import {
  DiskDevice_Bus,
  fromConnectError,
  Reason,
  Task_State,
  UpdateType,
  VmStatus_PowerState as State,
  type Problem,
  type VirtualMachine,
} from "@limiquantix/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Harness } from "./harness.ts";

let cluster: Harness;

beforeEach(async () => {
  cluster = await Harness.start();
});

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

async function reasonOf(work: Promise<unknown>): Promise<Problem> {
  try {
    await work;
  } catch (error) {
    return fromConnectError(ConnectError.from(error));
  }
  throw new Error("it did not fail");
}

async function made(name: string, options: { start?: boolean } = {}): Promise<VirtualMachine> {
  const { vm } = await cluster.vms.createVM({
    name,
    spec: { cpu: { maxCores: 4 }, memory: { maxMemoryMib: 4096n } },
    startOnCreate: options.start ?? true,
  });
  await cluster.settle();
  return cluster.vms.getVM({ id: vm?.id ?? "" });
}

async function done(work: Promise<{ task?: { id: string } | undefined }>): Promise<void> {
  const { task } = await work;
  await cluster.settle();
  const after = await cluster.tasks.getTask({ id: task?.id ?? "" });
  expect([after.state, after.error?.message]).toEqual([Task_State.SUCCEEDED, undefined]);
}

describe("UpdateVM", () => {
  test("changes by mask; what only people see needs no host", async () => {
    const vm = await made("web-1");
    const { task, vm: renamed } = await cluster.vms.updateVM({
      id: vm.id,
      description: "front",
      labels: { tier: "web" },
      updateMask: { paths: ["description", "labels"] },
      revision: vm.revision,
    });
    expect(task).toBeUndefined();
    expect(renamed).toMatchObject({ description: "front", labels: { tier: "web" }, generation: vm.generation });
    const stale = cluster.vms.updateVM({
      id: vm.id,
      name: "x",
      updateMask: { paths: ["name"] },
      revision: vm.revision,
    });
    expect((await reasonOf(stale)).reason).toBe(Reason.REVISION_CONFLICT);
  });

  test("live where the host can, marked where it needs a restart, and what runs keeps its reservation", async () => {
    const vm = await made("web-1");
    const spec = { cpu: { cores: 2, maxCores: 4 }, memory: { sizeMib: 2048n, maxMemoryMib: 4096n } };
    const update = await cluster.vms.updateVM({
      id: vm.id,
      spec,
      updateMask: { paths: ["spec.cpu.cores", "spec.memory.size_mib"] },
    });
    expect(update.warnings).toEqual([]);
    await cluster.settle();
    let now = await cluster.vms.getVM({ id: vm.id });
    expect(now.spec?.cpu).toMatchObject({ cores: 2, maxCores: 4 });
    expect(now.status).toMatchObject({ needsRestart: [], reserved: { cpuCores: 2, memoryMib: 2048n } });
    const machine = await cluster.vms.updateVM({
      id: vm.id,
      spec: { cpu: { model: "maximum" } },
      updateMask: { paths: ["spec.cpu.model"] },
    });
    expect(machine.warnings).toEqual(["spec.cpu takes effect at the next start"]);
    await cluster.settle();
    now = await cluster.vms.getVM({ id: vm.id });
    expect(now.status?.needsRestart.length).toBeGreaterThan(0);
  });

  test.each([
    ["too little memory", { memory: { sizeMib: 1n } }, "spec.memory.size_mib", Reason.INVALID_REQUEST],
    [
      "more than there is",
      { memory: { sizeMib: 999_999n, maxMemoryMib: 999_999n } },
      "spec.memory",
      Reason.NO_HOST_FITS,
    ],
    ["an unknown field", {}, "spec.nonsense", Reason.INVALID_REQUEST],
    ["what is seen", {}, "status", Reason.INVALID_REQUEST],
    [
      "another first boot",
      { provisioning: { cloudInit: { username: "eve" } } },
      "spec.provisioning",
      Reason.INVALID_REQUEST,
    ],
    ["a network that is not", { nics: [{ networkId: "nope" }] }, "spec.nics", Reason.INVALID_REQUEST],
  ])("refuses %s", async (_, spec, path, reason) => {
    const { id } = await made("web-1");
    expect((await reasonOf(cluster.vms.updateVM({ id, spec, updateMask: { paths: [path] } }))).reason).toBe(reason);
  });
});

describe("devices", () => {
  test("disks come, grow and go while it runs", async () => {
    const vm = await made("web-1");
    await done(cluster.vms.attachDisk({ vmId: vm.id, disk: { sizeGib: 5n, bus: DiskDevice_Bus.VIRTIO_SCSI } }));
    const disk = (await cluster.vms.getVM({ id: vm.id })).spec?.disks[1];
    expect(disk).toMatchObject({ sizeGib: 5n, storagePoolId: vm.spec?.disks[0]?.storagePoolId });
    const diskId = disk?.id ?? "";
    await done(cluster.vms.resizeDisk({ vmId: vm.id, diskId, newSizeGib: 8n }));
    const shrink = await reasonOf(cluster.vms.resizeDisk({ vmId: vm.id, diskId, newSizeGib: 4n }));
    expect(shrink).toMatchObject({ reason: Reason.DISK_CANNOT_SHRINK, params: { current: "8 GiB", wanted: "4 GiB" } });
    const detach = { vmId: vm.id, diskId, deleteVolume: true };
    await done(cluster.vms.detachDisk(detach));
    expect((await reasonOf(cluster.vms.detachDisk(detach))).reason).toBe(Reason.NOT_FOUND);
    expect((await cluster.vms.getVM({ id: vm.id })).status?.state).toBe(State.RUNNING);
  });

  test("a disk and its data go only when that is asked for", async () => {
    const vm = await made("web-1");
    await done(cluster.vms.attachDisk({ vmId: vm.id, disk: { sizeGib: 5n } }));
    const [first, second] = (await cluster.vms.getVM({ id: vm.id })).spec?.disks ?? [];
    const updates = [
      { spec: { disks: first ? [first] : [] }, updateMask: { paths: ["spec.disks"] } },
      { spec: {}, updateMask: { paths: ["spec"] } },
      // Without its id it would be another disk.
      { spec: { disks: [{ sizeGib: 10n }, { sizeGib: 5n }] }, updateMask: { paths: ["spec.disks"] } },
    ];
    for (const update of updates) {
      const refused = await reasonOf(cluster.vms.updateVM({ id: vm.id, ...update }));
      expect([refused.reason, refused.fields[0]?.field]).toEqual([Reason.INVALID_REQUEST, "spec.disks"]);
      expect(refused.fields[0]?.message).toContain(`${second?.id} is left out`);
      expect(refused.fields[0]?.message).toContain("DetachDisk");
    }
    await done(cluster.vms.detachDisk({ vmId: vm.id, diskId: second?.id ?? "" }));
    expect((await cluster.vms.getVM({ id: vm.id })).spec?.disks).toHaveLength(1);
    await cluster.settle();
    expect(cluster.hosts[0]?.volumes.size).toBe(2);
  });

  test("interfaces come with an address of their own, and a MAC address is nobody else's", async () => {
    const [one, two] = [await made("web-1"), await made("web-2")];
    const taken = one.spec?.nics[0]?.macAddress ?? "";
    const refused = await reasonOf(cluster.vms.attachNIC({ vmId: two.id, nic: { macAddress: taken.toUpperCase() } }));
    expect(refused.message).toContain(`spec.nics[1].macAddress: belongs to VM web-1`);
    await done(cluster.vms.attachNIC({ vmId: two.id, nic: {} }));
    const nics = (await cluster.vms.getVM({ id: two.id })).spec?.nics ?? [];
    expect(new Set(nics.map((nic) => nic.macAddress)).size).toBe(2);
    await done(cluster.vms.detachNIC({ vmId: two.id, nicId: nics[1]?.id ?? "" }));
  });
});

describe("ListVMs", () => {
  test("pages in each order see each VM once; filters count right", async () => {
    for (const name of ["c", "a", "e", "b", "d"]) await made(name, { start: name < "c" });
    for (const orderBy of ["name", "-name", "created_at", "-created_at"]) {
      const names: string[] = [];
      let pageToken = "";
      do {
        const page = await cluster.vms.listVMs({ orderBy, pageSize: 2, pageToken });
        names.push(...page.vms.map((vm) => vm.name));
        expect(page.totalCount).toBe(5);
        pageToken = page.nextPageToken;
      } while (pageToken);
      const made5 = ["c", "a", "e", "b", "d"];
      const expected = orderBy.endsWith("name") ? made5.toSorted() : made5;
      expect(names).toEqual(orderBy.startsWith("-") ? expected.toReversed() : expected);
    }
    const stopped = await cluster.vms.listVMs({ states: [State.STOPPED], pageSize: 1 });
    expect([stopped.vms.length, stopped.totalCount]).toEqual([1, 3]);
    expect((await cluster.vms.listVMs({ name: "e" })).vms).toHaveLength(1);
    expect((await cluster.vms.getVM({ id: "e" })).name).toBe("e");
    expect((await reasonOf(cluster.vms.listVMs({ pageToken: "nonsense" }))).reason).toBe(Reason.INVALID_REQUEST);
  });

  test("a name is taken once", async () => {
    await made("web-1");
    expect((await reasonOf(cluster.vms.createVM({ name: "web-1", spec: {} }))).reason).toBe(Reason.NAME_TAKEN);
  });
});

describe("Watch", () => {
  test("snapshot, SYNCED, changes; resumed without a gap, RESET where that cannot be", async () => {
    const vm = await made("web-1");
    const first = new AbortController();
    const types: string[] = [];
    let resumeFrom = 0n;
    const watching = (async () => {
      for await (const update of cluster.vms.watchVMs({}, { signal: first.signal })) {
        types.push(UpdateType[update.type]);
        if (update.revision > resumeFrom) resumeFrom = update.revision;
        if (update.type === UpdateType.MODIFIED) first.abort();
      }
    })().catch(() => {});
    await cluster.settle();
    await cluster.vms.updateVM({ id: vm.id, description: "one", updateMask: { paths: ["description"] } });
    await watching;
    expect(types).toEqual(["ADDED", "SYNCED", "MODIFIED"]);

    await cluster.vms.updateVM({ id: vm.id, description: "two", updateMask: { paths: ["description"] } });
    const second = new AbortController();
    const resumed: string[] = [];
    for await (const update of cluster.vms.watchVMs({ fromRevision: resumeFrom }, { signal: second.signal })) {
      resumed.push(`${UpdateType[update.type]} ${update.vm?.description ?? ""}`.trim());
      if (update.type === UpdateType.SYNCED) break;
    }
    expect(resumed).toEqual(["MODIFIED two", "SYNCED"]);

    const reset: string[] = [];
    for await (const update of cluster.vms.watchVMs({ fromRevision: 999_999n })) {
      reset.push(UpdateType[update.type]);
      if (update.type === UpdateType.SYNCED) break;
    }
    expect(reset).toEqual(["RESET", "ADDED", "SYNCED"]);
  });

  test("events tell a VM's story, newest first", async () => {
    const vm = await made("web-1");
    await done(cluster.vms.stopVM({ id: vm.id, force: true }));
    const { events } = await cluster.vms.listVMEvents({ vmId: vm.id });
    const messages = events.map(({ message }) => message);
    expect(messages[0]).toContain("VM web-1 is STOPPED");
    expect(messages.at(-1)).toBe("VM web-1 was asked for");
    expect(events.at(-1)?.user).toBe("dev");
    const { events: power } = await cluster.events.listEvents({ subjectId: vm.id, type: "power", pageSize: 1 });
    expect(power).toHaveLength(1);
  });
});
