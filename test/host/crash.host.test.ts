import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Task_State, TaskService, VMService, VmStatus_PowerState as State } from "@limiquantix/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dies, emulatorOf, seededRandom, victimNames } from "./deaths.ts";
import { Stack, until } from "./stack.ts";

const run = promisify(execFile);
const rounds = 20;
/** No recycle bin: what is deleted leaves nothing at all. */
const gone = { force: true, keepFor: {} };

/**
 * kill -9 of the control plane, the node daemon or libvirtd at random moments of create, start, stop and delete, on real
 * libvirt. A bystander VM runs through it all and must not be touched.
 */
let stack: Stack;
let bystander: { id: string; process: string };

beforeAll(async () => {
  stack = await Stack.start();
  const { vm } = await stack.client(VMService).createVM({ ...small("bystander"), startOnCreate: true });
  await until("the bystander runs", async () => (await stateOf(vm!.id)) === State.RUNNING);
  bystander = { id: vm!.id, process: await emulatorOf(vm!.id) };
});

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

test(`${rounds} deaths at random moments, and everything converges`, { timeout: 900_000 }, async () => {
  // The moments themselves vary with the machine.
  const random = seededRandom(20_261_123);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  for (let round = 0; round < rounds; round++) {
    const verb = pick(["create", "start", "stop", "delete"] as const);
    const victim = pick(victimNames);
    const what = `round ${round}: ${victim} dies during ${verb}`;
    const id = await prepare(verb, `crash-${round}`);
    const order = act(verb, id, `crash-${round}`).catch(() => undefined);
    await sleep(random() * 700);
    await dies(stack, victim);
    await order;
    // A client whose call was cut off repeats it: with the same key it happens once.
    await until(`${what}: the order is accepted`, async () => {
      await act(verb, id, `crash-${round}`);
      return true;
    });
    await until(`${what}: tasks end`, async () => (await openTasks()) === 0, 120_000);
    await until(`${what}: it is as ordered`, async () => asOrdered(verb, `crash-${round}`), 60_000);
    expect(await emulatorOf(bystander.id), what).toBe(bystander.process);
    await removeAll();
  }
  expect(await stateOf(bystander.id)).toBe(State.RUNNING);
});

test("nothing is left behind: no domain, disk, seed or row but the bystander's", async () => {
  const { vms } = await stack.client(VMService).listVMs({});
  expect(vms.map((vm) => vm.name)).toEqual(["bystander"]);
  expect(await domains()).toEqual([`lqx-${bystander.id.slice(-8)}-bystander`]);
  await until("one volume is left", async () => (await volumesLeft()) === 1);
  expect(await readdir(join(stack.poolPath, "seeds"))).toEqual([]);
  await stack.client(VMService).deleteVM({ id: bystander.id, ...gone });
  await until("the bystander is gone", async () => (await domains()).length === 0);
  await until("no volume is left", async () => (await volumesLeft()) === 0);
});

type Verb = "create" | "start" | "stop" | "delete";

/** Brings about what the verb is for; answers the VM's id, or nothing for one that is to be created. */
async function prepare(verb: Verb, name: string): Promise<string> {
  await stack.untilHostReady();
  if (verb === "create") return "";
  const { vm } = await stack.client(VMService).createVM({ ...small(name), startOnCreate: verb !== "start" });
  const wanted = verb === "start" ? State.STOPPED : State.RUNNING;
  await until(`${name} is made`, async () => (await stateOf(vm!.id)) === wanted);
  return vm!.id;
}

async function act(verb: Verb, id: string, name: string): Promise<void> {
  const client = stack.client(VMService);
  const idempotencyKey = `${verb}-${name}`;
  if (verb === "create") await client.createVM({ ...small(name), startOnCreate: true, idempotencyKey });
  else if (verb === "start") await client.startVM({ id, idempotencyKey });
  else if (verb === "stop") await client.stopVM({ id, force: true, idempotencyKey });
  else await client.deleteVM({ id, ...gone, idempotencyKey });
}

async function asOrdered(verb: Verb, name: string): Promise<boolean> {
  const { vms } = await stack.client(VMService).listVMs({ name });
  if (verb === "delete") return vms.length === 0;
  return vms.length === 1 && vms[0]!.status?.state === (verb === "stop" ? State.STOPPED : State.RUNNING);
}

async function removeAll(): Promise<void> {
  const { vms } = await stack.client(VMService).listVMs({});
  for (const vm of vms) if (vm.id !== bystander.id) await stack.client(VMService).deleteVM({ id: vm.id, ...gone });
  await until("the round's VMs are gone", async () => (await stack.client(VMService).listVMs({})).vms.length === 1);
}

async function openTasks(): Promise<number> {
  const states = [Task_State.QUEUED, Task_State.RUNNING];
  return (await stack.client(TaskService).listTasks({ states })).tasks.length;
}

async function stateOf(id: string): Promise<State | undefined> {
  return (await stack.client(VMService).getVM({ id })).status?.state;
}

async function volumesLeft(): Promise<number> {
  return (await readdir(join(stack.poolPath, "volumes"))).length;
}

async function domains(): Promise<string[]> {
  const uri = `qemu+unix:///system?socket=${process.env["LIMIQUANTIX_LIBVIRT_SOCKET"]}`;
  const { stdout } = await run("virsh", ["-c", uri, "list", "--all", "--name"]);
  return stdout.split("\n").filter((name) => name !== "");
}

function small(name: string) {
  const disks = [{ sizeGib: 1n }];
  return { name, spec: { cpu: { cores: 1 }, memory: { sizeMib: 64n }, disks, nics: [{}] } };
}
