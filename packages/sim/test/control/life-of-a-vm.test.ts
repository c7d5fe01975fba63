import { ConnectError } from "@connectrpc/connect";
import {
  fromConnectError,
  Node_Phase,
  Reason,
  Task_State,
  VmStatus_PowerState as State,
  VmStatus_StopReason,
  type Problem,
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

async function created(init: { name?: string; startOnCreate?: boolean } = {}) {
  const { vm, task } = await cluster.vms.createVM({ name: "web-1", startOnCreate: true, spec: {}, ...init });
  if (!vm || !task) throw new Error("no VM or no task");
  return { id: vm.id, taskId: task.id };
}

async function ended(taskId: string | undefined) {
  await cluster.settle();
  return cluster.tasks.getTask({ id: taskId ?? "" });
}

test("a host joins and is READY", async () => {
  const { nodes } = await cluster.nodes.listNodes({});
  expect(nodes.map(({ hostname, status }) => [hostname, Node_Phase[status?.phase ?? 0]])).toEqual([
    ["host-1", "READY"],
  ]);
  expect(nodes[0]?.status?.resources).toMatchObject({ cpu: { total: 16, allocatable: 64, allocated: 0 } });
});

describe("power", () => {
  test("create, start, stop, start, reboot, pause, resume, suspend, delete", async () => {
    const { id, taskId } = await created();
    const task = await ended(taskId);
    expect(task).toMatchObject({ state: Task_State.SUCCEEDED, percent: 100, kind: "vm.create" });
    let vm = await cluster.vms.getVM({ id });
    expect(vm.status).toMatchObject({ state: State.RUNNING, observedGeneration: 1n });
    expect(vm.status?.ipAddresses).toHaveLength(1);
    expect(vm.spec?.nics[0]?.macAddress).toMatch(/^52:54:00:/);

    const steps = [
      [() => cluster.vms.stopVM({ id }), State.STOPPED],
      [() => cluster.vms.startVM({ id }), State.RUNNING],
      [() => cluster.vms.rebootVM({ id }), State.RUNNING],
      [() => cluster.vms.pauseVM({ id }), State.PAUSED],
      [() => cluster.vms.resumeVM({ id }), State.RUNNING],
      [() => cluster.vms.suspendVM({ id }), State.SUSPENDED],
      [() => cluster.vms.startVM({ id }), State.RUNNING],
      [() => cluster.vms.stopVM({ id, force: true }), State.STOPPED],
    ] as const;
    for (const [act, state] of steps) {
      const answer = await act();
      expect(await ended(answer.task?.id)).toMatchObject({ state: Task_State.SUCCEEDED });
      vm = await cluster.vms.getVM({ id });
      expect(State[vm.status?.state ?? 0]).toBe(State[state]);
    }
    expect(vm.status?.reserved).toBeUndefined();

    const deletion = await cluster.vms.deleteVM({ id, keepFor: {} });
    expect(await ended(deletion.task?.id)).toMatchObject({ state: Task_State.SUCCEEDED });
    expect((await reasonOf(cluster.vms.getVM({ id }))).reason).toBe(Reason.NOT_FOUND);
    const [host] = cluster.hosts;
    expect([host?.domains.size, host?.volumes.size, host?.seeds.size]).toEqual([0, 0, 0]);
    const { nodes } = await cluster.nodes.listNodes({});
    expect(nodes[0]?.status?.resources?.memory?.allocatedMib).toBe(0n);
  });

  test("a wrong state names those that are right", async () => {
    const { id, taskId } = await created({ startOnCreate: false });
    await ended(taskId);
    const refused = await reasonOf(cluster.vms.pauseVM({ id }));
    expect(refused.reason).toBe(Reason.VM_WRONG_STATE);
    expect(refused.message).toBe("VM web-1 is STOPPED: pause is for a VM that is RUNNING");
    expect((await reasonOf(cluster.vms.rebootVM({ id }))).reason).toBe(Reason.VM_WRONG_STATE);
    expect((await cluster.vms.stopVM({ id })).task).toBeUndefined();
  });

  test("a guest that does not stop: the task fails, the VM runs on; with force it is off", async () => {
    for (const host of cluster.hosts) host.guests = { ...host.guests, stubborn: true };
    const { id, taskId } = await created();
    await ended(taskId);
    const stop = await cluster.vms.stopVM({ id, timeoutSec: 30 });
    const task = await ended(stop.task?.id);
    expect(task.error?.reason).toBe(Reason.GUEST_DID_NOT_STOP);
    expect((await cluster.vms.getVM({ id })).status?.state).toBe(State.RUNNING);
    const cut = await cluster.vms.stopVM({ id, force: true });
    expect(await ended(cut.task?.id)).toMatchObject({ state: Task_State.SUCCEEDED });
    expect((await cluster.vms.getVM({ id })).status?.state).toBe(State.STOPPED);
  });

  test("force while a graceful stop waits supersedes it", async () => {
    for (const host of cluster.hosts) host.guests = { ...host.guests, stubborn: true };
    const { id, taskId } = await created();
    await ended(taskId);
    const soft = await cluster.vms.stopVM({ id, timeoutSec: 3600 });
    await cluster.clock.advance(5000);
    expect((await cluster.vms.getVM({ id })).status?.state).toBe(State.STOPPING);
    const hard = await cluster.vms.stopVM({ id, force: true });
    await cluster.clock.advance(5000);
    expect(await cluster.tasks.getTask({ id: hard.task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED });
    const first = await cluster.tasks.getTask({ id: soft.task?.id ?? "" });
    expect(first).toMatchObject({ state: Task_State.CANCELLED, error: { reason: Reason.SUPERSEDED } });
  });

  test("a guest that shuts itself down stays off, and gives back what it held", async () => {
    const { id, taskId } = await created();
    await ended(taskId);
    const host = cluster.hosts[0];
    const domain = host?.domains.get(id);
    if (domain) host?.powerOff(domain, VmStatus_StopReason.GUEST_SHUTDOWN);
    await cluster.settle();
    const vm = await cluster.vms.getVM({ id });
    expect(vm.status).toMatchObject({ state: State.STOPPED, stopReason: VmStatus_StopReason.GUEST_SHUTDOWN });
    expect(vm.status?.reserved).toBeUndefined();
    await cluster.restartControl();
    await cluster.settle();
    expect((await cluster.vms.getVM({ id })).status?.state).toBe(State.STOPPED);
  });
});
