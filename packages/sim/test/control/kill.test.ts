import { Task_State, VmStatus_PowerState as State } from "@limiquantix/api";
import { nodes as nodeTable, tasks as taskTable, vms as vmTable } from "@limiquantix/control";
import { expect, test } from "vitest";
import { Harness } from "./harness.ts";

const rounds = 100;

/** mulberry32: the same moments in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test(`${rounds} kills at random moments: all converges, nothing is left over, no running guest is touched`, async () => {
  await using cluster = await Harness.start([undefined, undefined]);
  for (const host of cluster.hosts) Object.assign(host.faults, { latencyMs: 20, slowDiskMs: 150 });
  const random = randomFrom(20261123);
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];

  const { vm: witness } = await cluster.vms.createVM({ name: "witness", spec: {}, startOnCreate: true });
  await cluster.settle();
  const guest = guestOf(cluster, witness?.id ?? "");
  expect(guest).toBeDefined();

  for (let round = 0; round < rounds; round++) {
    const work = operate(cluster, round, random);
    await cluster.clock.advance(Math.floor(random() * 1500));
    const index = Math.floor(random() * cluster.daemons.length);
    const daemon = cluster.daemons[index];
    const host = cluster.hosts[index];
    switch (pick(["control", "daemon", "libvirt", "link"])) {
      case "control":
        await cluster.killControl();
        break;
      case "daemon":
        daemon?.kill();
        await cluster.clock.advance(Math.floor(random() * 8000));
        await daemon?.start();
        break;
      case "libvirt":
        host?.stopLibvirt();
        await cluster.clock.advance(Math.floor(random() * 3000));
        host?.startLibvirt();
        break;
      default:
        daemon?.link.cut();
        await cluster.clock.advance(Math.floor(random() * 8000));
        daemon?.link.heal();
    }
    // The caller may have lost its answer; what it asked for holds or never was.
    await work.catch(() => {});
    await cluster.clock.advance(15_000);
    await cluster.settle();
    expectConverged(cluster, round);
    expect(guestOf(cluster, witness?.id ?? ""), `round ${round}: the witness`).toBe(guest);
  }
}, 240_000);

function guestOf(cluster: Harness, id: string): unknown {
  for (const host of cluster.hosts) {
    const guest = host.domains.get(id)?.live?.guest;
    if (guest) return guest;
  }
  return undefined;
}

async function operate(cluster: Harness, round: number, random: () => number): Promise<unknown> {
  const others = [...cluster.db.all(vmTable)].filter((vm) => vm.name !== "witness" && vm.isManaged);
  const vm = others[Math.floor(random() * others.length)];
  const choice = random();
  if (!vm || (choice < 0.4 && others.length < 8)) {
    return cluster.vms.createVM({ name: `vm-${round}`, spec: {}, startOnCreate: random() < 0.7 });
  }
  const { id } = vm;
  if (choice < 0.55) return cluster.vms.deleteVM({ id, force: true });
  switch (vm.status?.state) {
    case State.RUNNING:
      return random() < 0.5
        ? cluster.vms.stopVM({ id, force: random() < 0.5 })
        : cluster.vms.attachDisk({ vmId: id, disk: {} });
    case State.STOPPED:
    case State.ERROR:
      return cluster.vms.startVM({ id });
    default:
      return cluster.vms.deleteVM({ id, force: true });
  }
}

function expectConverged(cluster: Harness, round: number): void {
  const rows = [...cluster.db.all(vmTable)];
  const at = `round ${round}`;
  expect(
    rows
      .map((vm) => `${vm.name} ${State[vm.status?.state ?? 0]} ${vm.isManaged}`)
      .filter((text) => !/ (RUNNING|STOPPED|ERROR) true$/.test(text)),
    at,
  ).toEqual([]);
  const open = [...cluster.db.all(taskTable)].filter(
    (task) => task.state === Task_State.QUEUED || task.state === Task_State.RUNNING,
  );
  expect(
    open.map((task) => `${task.kind} ${JSON.stringify(task.steps)}`),
    at,
  ).toEqual([]);
  const made = rows.filter((vm) => vm.status?.state !== State.ERROR);
  const domains = cluster.hosts.flatMap((host) => [...host.domains.keys()]);
  expect(domains.toSorted(), at).toEqual(made.map((vm) => vm.id).toSorted());
  const volumes = cluster.hosts.flatMap((host) => [...host.volumes.keys()]);
  expect(volumes.toSorted(), at).toEqual(
    made.flatMap((vm) => vm.spec?.disks.map((disk) => disk.volumeId) ?? []).toSorted(),
  );
  for (const vm of made) {
    const domain = cluster.hosts.map((host) => host.domains.get(vm.id)).find(Boolean);
    expect(Boolean(domain?.live), `${at}: ${vm.name}`).toBe(vm.status?.state === State.RUNNING);
  }
  for (const node of cluster.db.all(nodeTable)) {
    const held = cluster.db
      .by(vmTable, "node", node.id)
      .reduce((sum, vm) => sum + (vm.status?.reserved?.memoryMib ?? 0n), 0n);
    expect(node.status?.resources?.memory?.allocatedMib, at).toBe(held);
  }
}
