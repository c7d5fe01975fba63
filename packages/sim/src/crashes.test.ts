import { Code, ConnectError, type Client } from "@connectrpc/connect";
import { fromConnectError, Reason, TaskService, VMService, VmStatus_PowerState as State } from "@limiquantix/api";
import { vms as vmTable } from "@limiquantix/control";
import { drain } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";
import { randomOf, type Random } from "./testing/random.ts";

/** Rounds of each test, and VMs of one round. */
const ROUNDS = 35;
const CLONE_ROUNDS = 20;
const VMS = 2;

let cluster: Cluster;
let vms: Client<typeof VMService>;
let tasks: Client<typeof TaskService>;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
  vms = cluster.client(VMService);
  tasks = cluster.client(TaskService);
});

afterEach(() => cluster.stop());

// 3 × 34 rounds: more than a hundred deaths at random moments of create, start, stop and delete.
test.each(["control plane", "node daemon", "libvirt"] as const)(
  "whenever the %s dies, everything converges",
  async (victim) => {
    for (let round = 0; round < ROUNDS; round++) {
      const random = randomOf(`${victim} ${round}`);
      const bystander = await created(`bystander-${round}`, random);
      await cluster.settle();
      const guest = guestOf(bystander);
      const deaths = arm(victim, random);
      const ids = await Promise.all(
        Array.from({ length: VMS }, async (_, index) => {
          const id = await created(`vm-${round}-${index}`, random);
          const force = random() < 0.5;
          await patiently(() => vms.stopVM({ id, force, idempotencyKey: `stop-${id}` }));
          await patiently(() => vms.startVM({ id, idempotencyKey: `start-${id}` }));
          if (index === 0) await removed(id);
          return id;
        }),
      );
      disarm();
      await revive();
      expect(leftovers(cluster), `${victim}, round ${round}, after ${deaths()} deaths`).toEqual([]);
      expect(guestOf(bystander), "a running guest is not touched").toBe(guest);
      for (const id of ids.slice(1)) expect(await stateOf(id), `${victim}, round ${round}`).toBe(State.RUNNING);
      for (const id of [bystander, ...ids.slice(1)]) await removed(id);
      await cluster.settle();
      expect([
        leftovers(cluster),
        cluster.hosts.flatMap(({ host }) => [...host.domains.keys(), ...host.volumes.keys()]),
      ]).toEqual([[], []]);
    }
  },
  400_000,
);

test.each(["control plane", "node daemon", "libvirt"] as const)(
  "whenever the %s dies, a clone becomes whole or nothing is left of it, and its source is as it was",
  async (victim) => {
    const random = randomOf(`the source that ${victim} clones from`);
    const source = await created("source", random, [{ sizeGib: 1n }, { sizeGib: 2n }]);
    await cluster.settle();
    await patiently(() => vms.stopVM({ id: source, force: true }));
    await cluster.settle();
    const before = contentsOf(source);
    for (let round = 0; round < CLONE_ROUNDS; round++) {
      const chance = randomOf(`clone, ${victim} ${round}`);
      const deaths = arm(victim, chance);
      const ids: string[] = [];
      for (const name of ["first", "second", "third"]) {
        const request = { sourceVmId: source, name: `${name}-${round}`, startOnCreate: true };
        const { vm, task } = await patiently(() => vms.cloneVM({ ...request, idempotencyKey: request.name }));
        await cluster.clock.advance(Math.floor(chance() * 1000));
        if (name === "first") await patiently(() => tasks.cancelTask({ id: task?.id ?? "" }));
        else ids.push(vm?.id ?? "");
      }
      // Whoever wants the source to run waits, or is refused, until nobody copies from it.
      await patiently(() => vms.startVM({ id: source, idempotencyKey: `start-${round}` }));
      disarm();
      await revive();
      const where = `${victim}, round ${round}, after ${deaths()} deaths`;
      expect(leftovers(cluster), where).toEqual([]);
      expect(await stateOf(source), where).toBe(State.RUNNING);
      for (const id of ids) {
        expect(await stateOf(id), where).toBe(State.RUNNING);
        expect(contentsOf(id), where).toEqual(before);
      }
      for (const { id } of (await vms.listVMs({})).vms) if (id !== source) await removed(id);
      await patiently(() => vms.stopVM({ id: source, force: true, idempotencyKey: `stop-${round}` }));
      await cluster.settle();
      expect([leftovers(cluster), contentsOf(source)], where).toEqual([[], before]);
      expect(cluster.hosts.flatMap(({ host }) => [...host.volumes.keys()])).toHaveLength(2);
    }
  },
  400_000,
);

/** Kills the victim at two random steps, and brings it back a little later. */
function arm(victim: "control plane" | "node daemon" | "libvirt", random: Random): () => number {
  let deaths = 0;
  const at = new Set([Math.floor(random() * 60), Math.floor(random() * 120)]);
  let steps = 0;
  // Now and then for so long that its host is lost.
  const downMs = () => 200 + random() * (random() < 0.3 ? 12_000 : 2000);
  const later = (revival: () => void) => cluster.clock.after(downMs(), revival, { background: true });
  const step = (kill: () => void) => () => {
    if (!at.has(steps++)) return;
    deaths++;
    kill();
  };
  if (victim === "control plane") {
    cluster.control.onStep = step(() => {
      cluster.control.kill();
      later(() => void cluster.control.start());
    });
  }
  for (const host of cluster.hosts) {
    if (victim === "node daemon") {
      host.host.onStep = step(() => {
        host.killDaemon();
        later(() => void host.startDaemon());
      });
    }
    if (victim === "libvirt") host.host.onStep = step(() => host.restartLibvirt({ downMs: downMs() }));
  }
  return () => deaths;
}

function disarm(): void {
  cluster.control.onStep = () => {};
  for (const { host } of cluster.hosts) host.onStep = () => {};
}

async function revive(): Promise<void> {
  await cluster.until(() => cluster.control.up && cluster.hosts.every(({ daemon }) => daemon.up));
  await cluster.settle();
}

async function created(name: string, random: Random, disks = [{ sizeGib: 1n }]): Promise<string> {
  const provisioning = random() < 0.5 ? { cloudInit: { username: "ada" } } : undefined;
  const answer = await patiently(() =>
    vms.createVM({
      name,
      idempotencyKey: `create-${name}`,
      startOnCreate: true,
      spec: {
        cpu: { cores: 1 },
        memory: { sizeMib: 512n },
        disks,
        nics: [{}],
        provisioning,
      },
    }),
  );
  return answer.vm?.id ?? "";
}

/** By force: a VM whose host is away is forgotten at once, and removed there later. */
async function removed(id: string): Promise<void> {
  await patiently(() => vms.deleteVM({ id, force: true, keepFor: {}, idempotencyKey: `delete-${id}` }));
}

/** As a client does it: the same request under the same key until there is an answer; time goes on meanwhile. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await call();
    } catch (error) {
      // A host whose libvirt is away fits nothing for the moment.
      const passing = [Code.Unavailable, Code.FailedPrecondition, Code.Aborted, Code.ResourceExhausted];
      if (!passing.includes(ConnectError.from(error).code) || tries > 400) throw error;
      if (fromConnectError(error).reason === Reason.VM_BEING_DELETED) throw error;
      await drain();
      await cluster.clock.advance(250);
    }
  }
}

function guestOf(vmId: string) {
  return cluster.hosts.map(({ host }) => host.domains.get(vmId)?.live?.guest).find(Boolean);
}

/** What stands for what is on the VM's disks, in their order. */
function contentsOf(vmId: string): (string | undefined)[] {
  const volumes = new Map(cluster.hosts.flatMap(({ host }) => [...host.volumes]));
  const disks = cluster.control.db.find(vmTable, vmId)?.spec?.disks ?? [];
  return disks.map(({ volumeId }) => volumes.get(volumeId)?.content);
}

async function stateOf(id: string): Promise<State | undefined> {
  return (await vms.getVM({ id })).status?.state;
}
