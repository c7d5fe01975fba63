import { Code, ConnectError, type Client } from "@connectrpc/connect";
import { fromConnectError, Reason, VMService, VmStatus_PowerState as State } from "@limiquantix/api";
import { drain } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";
import { randomOf, type Random } from "./testing/random.ts";

/** Rounds of one test, and VMs of one round. */
const ROUNDS = 35;
const VMS = 2;

let cluster: Cluster;
let vms: Client<typeof VMService>;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
  vms = cluster.client(VMService);
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
  120_000,
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

async function created(name: string, random: Random): Promise<string> {
  const provisioning = random() < 0.5 ? { cloudInit: { username: "ada" } } : undefined;
  const answer = await patiently(() =>
    vms.createVM({
      name,
      idempotencyKey: `create-${name}`,
      startOnCreate: true,
      spec: {
        cpu: { cores: 1 },
        memory: { sizeMib: 512n },
        disks: [{ sizeGib: 1n }],
        nics: [{}],
        provisioning,
      },
    }),
  );
  return answer.vm?.id ?? "";
}

/** By force: a VM whose host is away is forgotten at once, and removed there later. */
async function removed(id: string): Promise<void> {
  await patiently(() => vms.deleteVM({ id, force: true, idempotencyKey: `delete-${id}` }));
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

async function stateOf(id: string): Promise<State | undefined> {
  return (await vms.getVM({ id })).status?.state;
}
