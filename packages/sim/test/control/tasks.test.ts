import { Reason, Task_State, UpdateType, VirtualMachine_Origin, VmStatus_PowerState as State } from "@limiquantix/api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Harness } from "./harness.ts";

let cluster: Harness;

beforeEach(async () => {
  cluster = await Harness.start();
});

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

test("a task is watched from its first step to its end", async () => {
  for (const host of cluster.hosts) host.faults.slowDiskMs = 500;
  const { task } = await cluster.vms.createVM({ name: "web-1", spec: {}, startOnCreate: true });
  const id = task?.id ?? "";
  const seen: string[] = [];
  let percent = 0;
  const watching = (async () => {
    for await (const update of cluster.tasks.watchTasks({ ids: [id] })) {
      if (!update.task) continue;
      expect(update.task.percent).toBeGreaterThanOrEqual(percent);
      percent = update.task.percent;
      seen.push(...update.task.steps.filter(({ state }) => state === Task_State.RUNNING).map(({ name }) => name));
      if (update.type === UpdateType.MODIFIED && update.task.finishedAt) return update.task;
    }
    return undefined;
  })();
  await cluster.settle();
  const last = await watching;
  expect(last).toMatchObject({ state: Task_State.SUCCEEDED, percent: 100 });
  expect(new Set(seen)).toContain("volumes");
  expect(last?.steps.every(({ state }) => state === Task_State.SUCCEEDED)).toBe(true);
  const { tasks } = await cluster.tasks.listTasks({ targetId: last?.target?.id ?? "", states: [Task_State.SUCCEEDED] });
  expect(tasks.map(({ kind }) => kind)).toEqual(["vm.create"]);
});

test("a start that is cancelled leaves the VM off", async () => {
  const { vm } = await cluster.vms.createVM({ name: "web-1", spec: {} });
  const id = vm?.id ?? "";
  await cluster.settle();
  for (const host of cluster.hosts) host.faults.latencyMs = 2000;
  const { task } = await cluster.vms.startVM({ id });
  await cluster.clock.advance(1000);
  const request = { id: task?.id ?? "", idempotencyKey: "key-1" };
  const planned = await cluster.tasks.cancelTask({ ...request, dryRun: true });
  expect(planned.state).toBe(Task_State.CANCELLED);
  expect(await cluster.tasks.getTask({ id: task?.id ?? "" })).toMatchObject({ cancelRequested: false });
  const cancelled = await cluster.tasks.cancelTask(request);
  expect(await cluster.tasks.cancelTask(request)).toEqual(cancelled);
  expect(cancelled).toMatchObject({ state: Task_State.CANCELLED, error: { reason: Reason.CANCELLED } });
  for (const host of cluster.hosts) host.faults.latencyMs = 0;
  await cluster.settle();
  const after = await cluster.vms.getVM({ id });
  expect([State[after.status?.state ?? 0], after.status?.reserved]).toEqual(["STOPPED", undefined]);
  // A task that has ended stays as it is.
  expect((await cluster.tasks.cancelTask({ id: task?.id ?? "" })).state).toBe(Task_State.CANCELLED);
});

test("a VM that leaves management stays on its host, is found again, and can be taken back", async () => {
  const { vm } = await cluster.vms.createVM({ name: "web-1", spec: {}, startOnCreate: true });
  const id = vm?.id ?? "";
  await cluster.settle();
  const guest = cluster.hosts[0]?.domains.get(id)?.live?.guest;
  await cluster.vms.deleteVM({ id, removeFromInventoryOnly: true });
  await cluster.settle();
  const found = await cluster.vms.getVM({ id });
  expect(found).toMatchObject({ isManaged: false, origin: VirtualMachine_Origin.HOST_DISCOVERED });
  expect(found.status).toMatchObject({ state: State.RUNNING, reserved: { cpuCores: 1 } });
  const { task } = await cluster.vms.adoptVM({ id });
  await cluster.settle();
  expect(await cluster.tasks.getTask({ id: task?.id ?? "" })).toMatchObject({ state: Task_State.SUCCEEDED });
  expect(await cluster.vms.getVM({ id })).toMatchObject({ isManaged: true, origin: VirtualMachine_Origin.IMPORTED });
  expect(cluster.hosts[0]?.domains.get(id)?.live?.guest).toBe(guest);
  await cluster.vms.stopVM({ id, force: true });
  await cluster.settle();
  expect((await cluster.vms.getVM({ id })).status?.state).toBe(State.STOPPED);
});
