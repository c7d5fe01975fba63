import { toBinary, type Message } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import {
  fromConnectError,
  Reason,
  Task_State,
  TaskService,
  UpdateType,
  VirtualMachineSchema,
  VMService,
  VmStatus_PowerState as State,
} from "@limiquantix/api";
import { newSealingKey, vms as vmTable, type Table } from "@limiquantix/control";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";

let cluster: Cluster;
/** Each row in each version that was written, as the store gets it. */
let written: string[];

beforeEach(async () => {
  cluster = await createCluster({ nodes: 1 });
  written = [];
  noteWrites();
});

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

function noteWrites(): void {
  cluster.control.db.subscribe((changes) => {
    for (const { table, after } of changes) if (after) written.push(asStored(table, after as Message));
  });
}

function asStored(table: Table, row: Message): string {
  return new TextDecoder("latin1").decode(toBinary(table.schema, row as never));
}

const secret = /correct horse|\$6\$|marker-of-|"sealedSecrets":\{"/;

const provisioning = {
  cloudInit: {
    username: "ann",
    password: "correct horse",
    userData: "#cloud-config\nmarker-of-user-data: 1",
    networkConfig: "version: 2\nethernets: {marker-of-network: {dhcp4: true}}",
  },
};

const client = () => cluster.client(VMService);

async function create(name = "web-1") {
  const { vm, task } = await client().createVM({ name, spec: { provisioning }, idempotencyKey: name });
  return { id: vm?.id ?? "", taskId: task?.id ?? "", answer: vm };
}

/** A VM whose host cannot be told of it yet. */
async function createWaiting(name?: string) {
  cluster.host(0).cutNetwork();
  await cluster.clock.advance(100);
  return create(name);
}

async function restart(change: () => void = () => {}): Promise<void> {
  cluster.control.kill();
  change();
  await cluster.control.start();
  noteWrites();
}

async function reach(): Promise<void> {
  cluster.host(0).healNetwork();
  await cluster.settle();
}

const task = (id: string) => cluster.client(TaskService).getTask({ id });
const json = (message: unknown) =>
  JSON.stringify(message, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
const seedOf = (id: string) => [...(cluster.host(0).host.seeds.get(id)?.values() ?? [])].join("\n");

test("a password, user-data and a network-config reach the guest's seed, and are never stored or answered", async () => {
  const { id, answer } = await createWaiting();
  const shown = async () => json([answer, await client().getVM({ id }), await client().listVMs({})]);
  expect(await shown()).not.toMatch(secret);
  expect(cluster.control.db.get(vmTable, id).spec?.provisioning?.cloudInit?.sealedSecrets.length).toBeGreaterThan(0);
  const watching = new AbortController();
  for await (const update of client().watchVMs({}, { signal: watching.signal })) {
    expect(update.vm?.spec?.provisioning?.cloudInit?.sealedSecrets ?? []).toHaveLength(0);
    if (update.type === UpdateType.SYNCED) break;
  }
  watching.abort();

  await reach();
  expect(seedOf(id)).toMatch(/\$6\$[\s\S]*marker-of-user-data[\s\S]*marker-of-network/);
  const { cloudInit } = (await client().getVM({ id })).spec?.provisioning ?? {};
  expect(cloudInit).toMatchObject({ consumed: true, waysIn: ["password", "own user-data"] });
  expect(cluster.control.db.get(vmTable, id).spec?.provisioning?.cloudInit?.sealedSecrets).toHaveLength(0);
  expect(await shown()).not.toMatch(secret);
  expect(written.length).toBeGreaterThan(3);
  expect(written.join("")).not.toMatch(secret);
});

test("a repeat under the key answers the VM again, and another password under it is refused", async () => {
  const { id } = await create();
  const again = await create();
  expect(again.id).toBe(id);
  expect(json(again.answer)).not.toMatch(secret);
  const other = { cloudInit: { ...provisioning.cloudInit, password: "wrong horse" } };
  const refused = client().createVM({ name: "web-1", spec: { provisioning: other }, idempotencyKey: "web-1" });
  const cause = await refused.catch((error: unknown) => fromConnectError(ConnectError.from(error)));
  expect(cause).toMatchObject({ reason: Reason.IDEMPOTENCY_KEY_REUSED });
});

test("a dry run answers what would be without a secret", async () => {
  const { vm } = await client().createVM({ name: "maybe", spec: { provisioning }, dryRun: true });
  expect(vm?.spec?.provisioning?.cloudInit).toMatchObject({ username: "ann", waysIn: ["password", "own user-data"] });
  expect(json(vm)).not.toMatch(secret);
  expect(vm?.spec?.provisioning?.cloudInit?.sealedSecrets).toHaveLength(0);
});

test("a control plane that was killed before the host was told still knows them", async () => {
  const { id, taskId } = await createWaiting();
  await restart();
  await reach();
  expect(await task(taskId)).toMatchObject({ state: Task_State.SUCCEEDED });
  expect(seedOf(id)).toMatch(/\$6\$[\s\S]*marker-of-user-data/);
});

test("with another key what waits fails and says what to do; all else works, and so does the old key", async () => {
  const made = await create("made");
  await cluster.settle();
  const { id, taskId } = await createWaiting();
  const key = cluster.control.sealingKey;
  await restart(() => (cluster.control.sealingKey = newSealingKey()));
  await reach();
  expect(await task(taskId)).toMatchObject({
    state: Task_State.FAILED,
    error: { reason: Reason.GUEST_SECRETS_UNREADABLE },
  });
  expect((await client().getVM({ id })).status).toMatchObject({ state: State.ERROR });
  expect(cluster.host(0).host.seeds.has(id)).toBe(false);

  const other = await create("other");
  await client().startVM({ id: made.id });
  await cluster.settle();
  expect(seedOf(other.id)).toContain("marker-of-user-data");
  expect((await client().getVM({ id: made.id })).status?.state).toBe(State.RUNNING);

  await restart(() => (cluster.control.sealingKey = key));
  await cluster.settle();
  await client().startVM({ id });
  await cluster.settle();
  expect((await client().getVM({ id })).status?.state).toBe(State.RUNNING);
  expect(seedOf(id)).toContain("marker-of-user-data");
});

test("a spec that is sent back as it was shown keeps what waits, and what was shown before the seed was written", async () => {
  const { id } = await createWaiting();
  const shown = await client().getVM({ id });
  const change = (cores: number) => {
    const { spec } = structuredClone({ spec: shown.spec });
    if (spec?.cpu) spec.cpu.cores = cores;
    return client().updateVM({ id, ...(spec ? { spec } : {}), updateMask: { paths: ["spec"] } });
  };
  const { vm } = await change(2);
  expect(json(vm)).not.toMatch(secret);
  await reach();
  expect(seedOf(id)).toMatch(/\$6\$[\s\S]*marker-of-user-data[\s\S]*marker-of-network/);
  await change(3);
  await cluster.settle();
  const after = await client().getVM({ id });
  expect(after.spec).toMatchObject({ cpu: { cores: 3 }, provisioning: { cloudInit: { consumed: true } } });
  expect(toBinary(VirtualMachineSchema, after)).toEqual(
    toBinary(VirtualMachineSchema, cluster.control.db.get(vmTable, id)),
  );
  expect(written.join("")).not.toMatch(secret);
});
