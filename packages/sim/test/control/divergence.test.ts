import { VmStatus_PowerState as State, type VirtualMachine } from "@limiquantix/api";
import { vms as vmTable } from "@limiquantix/control";
import { silentLog, type Log } from "@limiquantix/kit";
import { createCluster } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Harness } from "./harness.ts";

let cluster: Harness;
let readAgain = 0;

beforeEach(async () => {
  readAgain = 0;
  const log: Log = { ...silentLog, warn: (message) => void (readAgain += Number(message === "host: read again")) };
  cluster = new Harness(await createCluster({ nodes: 1, log }));
});

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

async function made(name: string, options: { start: boolean }): Promise<string> {
  const { vm } = await cluster.vms.createVM({ name, spec: {}, startOnCreate: options.start });
  await cluster.settle();
  return vm?.id ?? "";
}

async function corrupt(id: string, change: (vm: VirtualMachine) => void): Promise<void> {
  await cluster.db.transact((tx) => tx.update(vmTable, id, change));
}

test("a host whose heartbeats tell what is known is not read again", async () => {
  const [host] = cluster.hosts;
  await made("running", { start: true });
  await made("off", { start: false });
  if (host) host.faults.diskFull = true;
  const failed = await made("failed", { start: true });
  if (host) host.faults.diskFull = false;
  expect((await cluster.vms.getVM({ id: failed })).status?.state).toBe(State.ERROR);
  await cluster.clock.advance(200_000);
  expect(readAgain).toBe(0);
});

test.each([
  ["a state", (vm: VirtualMachine) => vm.status && (vm.status.state = State.CRASHED)],
  ["a loss", (vm: VirtualMachine) => vm.status && Object.assign(vm.status, { state: State.LOST, lostReason: "" })],
])("%s that is known wrongly is put right within two heartbeats", async (_, change) => {
  const id = await made("web-1", { start: true });
  await corrupt(id, change);
  await cluster.clock.advance(65_000);
  await cluster.settle();
  expect((await cluster.vms.getVM({ id })).status?.state).toBe(State.RUNNING);
  expect(readAgain).toBe(1);
  await cluster.clock.advance(200_000);
  expect(readAgain).toBe(1);
});
