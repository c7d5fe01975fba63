import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Snapshot_Phase as Phase, SnapshotScheduleService, VMService, type SnapshotSchedule } from "@limiquantix/api";
import {
  events as eventTable,
  scheduledSnapshots,
  schedules as scheduleTable,
  snapshots as snapshotTable,
} from "@limiquantix/control";
import { expect, test } from "vitest";
import { createCluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";

const minuteMs = 60_000;
/** More than a run of two VMs has. */
const MOST_STEPS = 200;
const VMS = 1000;

test("whichever commit of a run the control plane dies before or after, each VM gets one snapshot for the instant", async () => {
  await using cluster = await createCluster({ nodes: 1 });
  const vms = cluster.client(VMService);
  const ids: string[] = [];
  for (const name of ["web-1", "web-2"]) {
    const { vm } = await vms.createVM({ name, spec: { disks: [{ sizeGib: 1n }] } });
    ids.push(vm?.id ?? "");
  }
  await cluster.settle();
  const { id } = await cluster.client(SnapshotScheduleService).createSnapshotSchedule({
    name: "often",
    spec: { isEnabled: true, cron: "* * * * *", allVms: true, keepLast: 1 },
  });
  await cluster.settle();

  let killedAt = -1;
  for (let step = 0; step < MOST_STEPS; step++) {
    const due = dueOf(schedule());
    const where = `killed at step ${step}`;
    await cluster.clock.advance(due - 1 - cluster.clock.now());
    let steps = 0;
    cluster.control.onStep = () => {
      if (steps++ !== step) return;
      killedAt = step;
      cluster.control.kill();
      cluster.clock.after(1500, () => void cluster.control.start(), { background: true });
    };
    await cluster.clock.advance(2);
    await cluster.until(() => cluster.control.up && isThrough(due));
    cluster.control.onStep = () => {};
    await cluster.settle();

    const name = `often-${new Date(due).toISOString().slice(0, 19)}Z`;
    for (const vmId of ids) {
      const kept = cluster.control.db.by(snapshotTable, "vm", vmId);
      expect(
        kept.map((snapshot) => [snapshot.name, snapshot.phase]),
        where,
      ).toEqual([[name, Phase.READY]]);
    }
    expect(schedule().status?.lastRun, where).toMatchObject({ vms: 2, taken: 2, failed: 0, skipped: 0, missed: 0 });
    expect(schedule().status?.lastRun?.expired, where).toBe(step === 0 ? 0 : 2);
    const asked = await cluster.control.db.page(eventTable, { limit: 60, reverse: true });
    const orders = asked.filter(({ message }) => message.startsWith(`snapshot ${name} `) && message.includes("asked"));
    expect(orders, where).toHaveLength(2);
    expect([...cluster.control.db.all(scheduledSnapshots)], where).toEqual([]);
    expect(leftovers(cluster), where).toEqual([]);
    // The run has no such step any more.
    if (killedAt < step) break;
  }
  expect(killedAt).toBeGreaterThan(15);
  expect(killedAt).toBeLessThan(MOST_STEPS - 1);

  function schedule(): SnapshotSchedule {
    return cluster.control.db.get(scheduleTable, id);
  }

  function isThrough(due: number): boolean {
    const run = schedule().status?.lastRun;
    if (!run?.scheduledFor || timestampDate(run.scheduledFor).getTime() !== due) return false;
    return run.finishedAt !== undefined;
  }
}, 300_000);

test("a thousand VMs of one schedule are asked a few at a time, and each gets its snapshot", async () => {
  await using cluster = await createCluster({ nodes: 4, hostSize: { cpuCores: 128, memoryMib: 300 * 1024 } });
  const vms = cluster.client(VMService);
  const create = (index: number) => vms.createVM({ name: `vm-${index}`, spec: { disks: [{ sizeGib: 1n }] } });
  await Promise.all(Array.from({ length: VMS }, (_, index) => create(index)));
  await cluster.settle();
  const { id } = await cluster.client(SnapshotScheduleService).createSnapshotSchedule({
    name: "all",
    spec: { cron: "0 0 1 1 *", allVms: true },
  });
  const { db } = cluster.control;
  let most = 0;
  using _ = db.subscribe(() => {
    most = Math.max(most, db.by(snapshotTable, "scheduled", "taking").length);
  });
  await cluster.client(SnapshotScheduleService).runSnapshotSchedule({ id });
  await cluster.settle({ limitMs: 60 * minuteMs });
  const { status } = db.get(scheduleTable, id);
  expect(status?.lastRun).toMatchObject({ vms: VMS, taken: VMS, failed: 0, skipped: 0 });
  // Four on each host.
  expect(most).toBeGreaterThan(8);
  expect(most).toBeLessThanOrEqual(16);
  expect([...db.all(scheduledSnapshots)]).toEqual([]);
  expect(leftovers(cluster)).toEqual([]);
}, 300_000);

function dueOf({ status }: SnapshotSchedule): number {
  if (!status?.nextRunAt) throw new Error("it is not to run any more");
  return timestampDate(status.nextRunAt).getTime();
}
