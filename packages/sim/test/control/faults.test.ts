import { ConnectError } from "@connectrpc/connect";
import {
  fromConnectError,
  Node_Phase,
  Reason,
  Task_State,
  VirtualMachine_Origin,
  VmStatus_PowerState as State,
  type Problem,
} from "@limiquantix/api";
import { nodes as nodeTable, tombstones, vms as vmTable } from "@limiquantix/control";
import { afterEach, describe, expect, test } from "vitest";
import { Harness } from "./harness.ts";

let cluster: Harness;

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

/** Each host's account is the sum of what its VMs hold, and no more than it has. */
function expectBooksInOrder(): void {
  for (const node of cluster.db.all(nodeTable)) {
    const held = cluster.db.by(vmTable, "node", node.id).map((vm) => vm.status?.reserved);
    const cpu = held.reduce((sum, one) => sum + (one?.cpuCores ?? 0), 0);
    const memory = held.reduce((sum, one) => sum + (one?.memoryMib ?? 0n), 0n);
    const resources = node.status?.resources;
    expect(resources).toMatchObject({ cpu: { allocated: cpu }, memory: { allocatedMib: memory } });
    expect(cpu).toBeLessThanOrEqual(resources?.cpu?.allocatable ?? 0);
    expect(memory).toBeLessThanOrEqual(resources?.memory?.allocatableMib ?? 0n);
  }
}

async function running(name = "web-1"): Promise<string> {
  const { vm } = await cluster.vms.createVM({ name, spec: {}, startOnCreate: true });
  await cluster.settle();
  return vm?.id ?? "";
}

describe("placement", () => {
  test("parallel creates never hold more than the hosts have; who is too late is told why", async () => {
    cluster = await Harness.start({ hosts: 2, size: { memoryMib: 8192 } });
    const answers = await Promise.allSettled(
      Array.from({ length: 24 }, (_, i) =>
        cluster.vms.createVM({ name: `vm-${i}`, spec: { memory: { sizeMib: 1024n } }, startOnCreate: true }),
      ),
    );
    expectBooksInOrder();
    const refused = answers.filter((answer) => answer.status === "rejected");
    // 8192 less the host's own 512 leaves room for 7 of 1 GiB on each.
    expect(refused).toHaveLength(10);
    const why = fromConnectError(refused[0]?.reason);
    expect(why.reason).toBe(Reason.NO_HOST_FITS);
    expect(why.hosts.map(({ objections }) => objections[0]?.message)).toEqual([
      "needs 1 GiB, 512 MiB of 7.5 GiB free",
      "needs 1 GiB, 512 MiB of 7.5 GiB free",
    ]);
    await cluster.settle();
    expectBooksInOrder();
    const { totalCount } = await cluster.vms.listVMs({ states: [State.RUNNING] });
    expect(totalCount).toBe(14);
    const verdicts = await cluster.vms.whyNot({ spec: { memory: { sizeMib: 512n } } });
    expect(verdicts.chosenNodeId).not.toBe("");
  });

  test("repeats under one key make one VM", async () => {
    cluster = await Harness.start();
    const request = { name: "once", spec: {}, idempotencyKey: "key-1" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => cluster.vms.createVM(request)));
    expect(new Set(answers.map(({ vm }) => vm?.id)).size).toBe(1);
    await cluster.settle();
    expect(cluster.hosts[0]?.domains.size).toBe(1);
  });

  test("a dry run answers what would be, and writes nothing", async () => {
    cluster = await Harness.start();
    const { vm, task } = await cluster.vms.createVM({ name: "maybe", spec: {}, dryRun: true });
    expect(vm?.status?.nodeId).not.toBe("");
    expect(task).toBeUndefined();
    expect(cluster.db.count(vmTable)).toBe(0);
  });
});

describe("a host that goes", () => {
  test("its VMs are LOST, are started nowhere else, and are as they were when it is back", async () => {
    cluster = await Harness.start({ hosts: 2 });
    const id = await running();
    const nodeId = (await cluster.vms.getVM({ id })).status?.nodeId ?? "";
    const daemon = cluster.daemons.find((one) => one.nodeId === nodeId);
    daemon?.link.cut();
    await cluster.clock.advance(10_000);
    const lost = await cluster.vms.getVM({ id });
    expect(lost.status).toMatchObject({ state: State.LOST, nodeId });
    expect(lost.status?.lostReason).toContain("cannot be reached");
    expect((await cluster.nodes.getNode({ id: nodeId })).status?.phase).toBe(Node_Phase.NOT_READY);
    expect((await reasonOf(cluster.vms.startVM({ id }))).reason).toBe(Reason.VM_WRONG_STATE);
    expect((await reasonOf(cluster.nodes.drainNode({ id: nodeId, force: true }))).reason).toBe(Reason.NODE_WRONG_STATE);
    daemon?.link.heal();
    await cluster.clock.advance(10_000);
    await cluster.settle();
    expect((await cluster.vms.getVM({ id })).status).toMatchObject({ state: State.RUNNING, lostReason: "" });
    expect((await cluster.nodes.getNode({ id: nodeId })).status?.phase).toBe(Node_Phase.READY);
  });

  test("work waits for it, says so, and is done when it is back", async () => {
    cluster = await Harness.start();
    const id = await running();
    const [daemon] = cluster.daemons;
    daemon?.link.cut();
    await cluster.clock.advance(100);
    const { task } = await cluster.vms.stopVM({ id, force: true });
    await cluster.clock.advance(2000);
    const waiting = await cluster.tasks.getTask({ id: task?.id ?? "" });
    expect(waiting.state).toBe(Task_State.RUNNING);
    expect(waiting.steps.at(-1)?.message).toMatch(/host-1/);
    daemon?.link.heal();
    await cluster.clock.advance(5000);
    await cluster.settle();
    expect(await cluster.tasks.getTask({ id: task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED });
    expect((await cluster.vms.getVM({ id })).status?.state).toBe(State.STOPPED);
  });

  test("after a power failure VMs that start with it run again, others stay off", async () => {
    cluster = await Harness.start();
    const plain = await running("plain");
    const { vm } = await cluster.vms.createVM({ name: "auto", spec: { autoStart: true }, startOnCreate: true });
    await cluster.settle();
    const [daemon] = cluster.daemons;
    daemon?.kill();
    cluster.hosts[0]?.crash();
    await cluster.clock.advance(20_000);
    expect((await cluster.vms.getVM({ id: plain })).status?.state).toBe(State.LOST);
    await daemon?.start();
    await cluster.clock.advance(20_000);
    await cluster.settle();
    expect(State[(await cluster.vms.getVM({ id: plain })).status?.state ?? 0]).toBe("STOPPED");
    expect(State[(await cluster.vms.getVM({ id: vm?.id ?? "" })).status?.state ?? 0]).toBe("RUNNING");
    expectBooksInOrder();
  });

  test("a deletion by force forgets the VM; its host removes it when it is back, and shows no orphan", async () => {
    cluster = await Harness.start();
    const id = await running();
    const mac = (await cluster.vms.getVM({ id })).spec?.nics[0]?.macAddress ?? "";
    await forceDeletedWhileAway(id);
    expect((await reasonOf(cluster.vms.getVM({ id }))).reason).toBe(Reason.NOT_FOUND);
    const [host] = cluster.hosts;
    expect([host?.domains.size, host?.volumes.size]).toEqual([1, 1]);
    expect([...cluster.db.all(tombstones)].map((row) => [row.id, row.spec?.provisioning])).toEqual([[id, undefined]]);
    const taken = cluster.vms.createVM({ name: "twin", spec: { nics: [{ macAddress: mac }] } });
    expect((await reasonOf(taken)).message).toContain("VM web-1");
    await cluster.restartControl();
    await back();
    expect((await reasonOf(cluster.vms.getVM({ id }))).reason).toBe(Reason.NOT_FOUND);
    expect(cluster.db.count(tombstones)).toBe(0);
    expect([host?.domains.size, host?.volumes.size, host?.seeds.size]).toEqual([0, 0, 0]);
    const { events } = await cluster.vms.listVMEvents({ vmId: id });
    const messages = events.map(({ message }) => message);
    expect(messages[0]).toBe("VM web-1, deleted while host host-1 was away, was removed there");
    expect(messages.filter((message) => message.includes("was found on its host"))).toEqual([]);
  });

  test("what is to stay on a host that is away is found there unmanaged when it is back", async () => {
    cluster = await Harness.start();
    const id = await running();
    await forceDeletedWhileAway(id, { removeFromInventoryOnly: true });
    await back();
    expect(cluster.db.count(tombstones)).toBe(0);
    const found = await cluster.vms.getVM({ id });
    expect(found).toMatchObject({ origin: VirtualMachine_Origin.HOST_DISCOVERED, isManaged: false });
    expect(found.status?.state).toBe(State.RUNNING);
    expect((await reasonOf(cluster.vms.stopVM({ id }))).reason).toBe(Reason.VM_NOT_MANAGED);
    const adoption = await cluster.vms.adoptVM({ id });
    await cluster.settle();
    expect(await cluster.tasks.getTask({ id: adoption.task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED });
    const stop = await cluster.vms.stopVM({ id, force: true });
    await cluster.settle();
    expect(await cluster.tasks.getTask({ id: stop.task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED });
  });

  test("a host that is cut off during the deletion itself is asked again", async () => {
    cluster = await Harness.start();
    const id = await running();
    const [daemon] = cluster.daemons;
    const [host] = cluster.hosts;
    if (host) host.faults.slowDiskMs = 3000;
    await cluster.vms.deleteVM({ id, force: true, keepFor: {} });
    await cluster.clock.advance(1000);
    daemon?.link.cut();
    await cluster.clock.advance(10_000);
    expect((await reasonOf(cluster.vms.getVM({ id }))).reason).toBe(Reason.NOT_FOUND);
    expect(cluster.db.count(tombstones)).toBe(1);
    await back();
    expect([cluster.db.count(tombstones), host?.domains.size, host?.volumes.size]).toEqual([0, 0, 0]);
    expectBooksInOrder();
  });

  test("a host that is decommissioned takes its tombstones along", async () => {
    cluster = await Harness.start({ hosts: 2 });
    const id = await running();
    const nodeId = (await cluster.vms.getVM({ id })).status?.nodeId ?? "";
    await forceDeletedWhileAway(id);
    expect(cluster.db.count(tombstones)).toBe(1);
    await cluster.nodes.decommissionNode({ id: nodeId });
    expect(cluster.db.count(tombstones)).toBe(0);
  });
});

/** Cuts the VM's host off, deletes the VM by force, and waits until its row is gone. */
async function forceDeletedWhileAway(id: string, how: { removeFromInventoryOnly?: boolean } = {}): Promise<void> {
  const nodeId = (await cluster.vms.getVM({ id })).status?.nodeId;
  cluster.daemons.find((daemon) => daemon.nodeId === nodeId)?.link.cut();
  await cluster.clock.advance(10_000);
  await cluster.vms.deleteVM({ id, force: true, keepFor: {}, ...how });
  await cluster.settle();
}

async function back(): Promise<void> {
  for (const daemon of cluster.daemons) daemon.link.heal();
  await cluster.clock.advance(10_000);
  await cluster.settle();
}

describe("failures", () => {
  test("a full disk: the task says so, the VM is in ERROR with nothing half-made, and a start tries again", async () => {
    cluster = await Harness.start();
    const [host] = cluster.hosts;
    if (host) host.faults.diskFull = true;
    const { vm, task } = await cluster.vms.createVM({ name: "web-1", spec: {}, startOnCreate: true });
    await cluster.settle();
    const id = vm?.id ?? "";
    const failed = await cluster.tasks.getTask({ id: task?.id ?? "" });
    expect(failed).toMatchObject({ state: Task_State.FAILED, error: { reason: Reason.POOL_FULL } });
    expect((await cluster.vms.getVM({ id })).status).toMatchObject({ state: State.ERROR });
    expect([host?.domains.size, host?.volumes.size, host?.seeds.size]).toEqual([0, 0, 0]);
    expectBooksInOrder();
    expect((await cluster.vms.getVM({ id })).status?.reserved).toBeUndefined();
    if (host) host.faults.diskFull = false;
    const retry = await cluster.vms.startVM({ id });
    await cluster.settle();
    expect(await cluster.tasks.getTask({ id: retry.task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED });
    expect((await cluster.vms.getVM({ id })).status).toMatchObject({ state: State.RUNNING, errorMessage: "" });
  });

  test("a creation that is cancelled is undone and removed", async () => {
    cluster = await Harness.start();
    for (const host of cluster.hosts) host.faults.slowDiskMs = 60_000;
    const { vm, task } = await cluster.vms.createVM({ name: "web-1", spec: {}, startOnCreate: true });
    await cluster.clock.advance(1000);
    await cluster.tasks.cancelTask({ id: task?.id ?? "" });
    await cluster.settle();
    expect(await cluster.tasks.getTask({ id: task?.id ?? "" })).toMatchObject({
      state: Task_State.CANCELLED,
      error: { reason: Reason.CANCELLED },
    });
    expect((await reasonOf(cluster.vms.getVM({ id: vm?.id ?? "" }))).reason).toBe(Reason.NOT_FOUND);
    const [host] = cluster.hosts;
    expect([host?.domains.size, host?.volumes.size, host?.seeds.size]).toEqual([0, 0, 0]);
    expectBooksInOrder();
  });

  test("a control plane that ends in the middle goes on after its restart", async () => {
    cluster = await Harness.start();
    for (const host of cluster.hosts) host.faults.slowDiskMs = 5000;
    const { vm, task } = await cluster.vms.createVM({ name: "web-1", spec: {}, startOnCreate: true });
    await cluster.clock.advance(1000);
    await cluster.restartControl();
    await cluster.clock.advance(1000);
    await cluster.settle();
    expect(await cluster.tasks.getTask({ id: task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED });
    expect((await cluster.vms.getVM({ id: vm?.id ?? "" })).status?.state).toBe(State.RUNNING);
  });
});

describe("maintenance", () => {
  test("a drain is blocked by running VMs, and with force shuts them down", async () => {
    cluster = await Harness.start();
    const id = await running();
    const nodeId = (await cluster.vms.getVM({ id })).status?.nodeId ?? "";
    const dry = await cluster.nodes.drainNode({ id: nodeId, dryRun: true });
    expect(dry.verdicts.map(({ vmName, reason }) => `${vmName}: ${reason}`)).toEqual([
      "web-1: it runs and its disks are on this host; with force it is shut down",
    ]);
    expect((await reasonOf(cluster.nodes.drainNode({ id: nodeId }))).reason).toBe(Reason.NODE_DRAIN_BLOCKED);
    const { task, node } = await cluster.nodes.drainNode({ id: nodeId, force: true });
    expect(node?.status?.phase).toBe(Node_Phase.DRAINING);
    await cluster.settle();
    expect(await cluster.tasks.getTask({ id: task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED });
    expect((await cluster.nodes.getNode({ id: nodeId })).status?.phase).toBe(Node_Phase.MAINTENANCE);
    expect((await reasonOf(cluster.vms.startVM({ id }))).reason).toBe(Reason.NO_HOST_FITS);
    expect((await reasonOf(cluster.nodes.decommissionNode({ id: nodeId }))).reason).toBe(Reason.NODE_HAS_VMS);
    await cluster.nodes.enableNode({ id: nodeId });
    await cluster.vms.startVM({ id });
    await cluster.settle();
    expect((await cluster.vms.getVM({ id })).status?.state).toBe(State.RUNNING);
  });
});
