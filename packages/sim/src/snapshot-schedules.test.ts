import { timestampDate } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import {
  CloneVMRequest_CloneType as Type,
  fromConnectError,
  InventoryService,
  ProjectService,
  Reason,
  Snapshot_Phase as Phase,
  SnapshotScheduleService,
  Task_State,
  TaskService,
  VMService,
  type Snapshot,
  type SnapshotSchedule,
} from "@limiquantix/api";
import { events as eventTable, pools, scheduledSnapshots, snapshots as snapshotTable } from "@limiquantix/control";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCluster, type Cluster } from "./cluster.ts";
import { leftovers } from "./testing/leftovers.ts";

/** Heartbeats of hosts make hours of the clock slow: schedules of these tests run every five minutes. */
const often = "*/5 * * * *";
const minuteMs = 60_000;

let cluster: Cluster;
let vms: Client<typeof VMService>;
let schedules: Client<typeof SnapshotScheduleService>;
let web: string;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 1 });
  vms = cluster.client(VMService);
  schedules = cluster.client(SnapshotScheduleService);
  web = await made("web-1", { app: "web" });
});

afterEach(async () => {
  expect(leftovers(cluster)).toEqual([]);
  expect([...cluster.control.db.all(scheduledSnapshots)]).toEqual([]);
  await cluster.stop();
});

test("at its time a schedule takes a snapshot of each VM that matches then, named after the instant", async () => {
  const db = await made("db-1", { app: "db" });
  const schedule = await frequent({ labelSelector: { app: "web" }, quiesce: true });
  const due = iso(schedule.status?.nextRunAt);
  expect(due).toMatch(/[05]:00\.000Z$/);
  const late = await made("web-2", { app: "web" });
  expect(await namesOf(web)).toEqual([]);

  const name = await nextRun(schedule);
  expect(name).toBe(`often-${due.replace(".000Z", "Z")}`);
  expect([await namesOf(web), await namesOf(late), await namesOf(db)]).toEqual([[name], [name], []]);
  const [taken] = await snapshotsOf(web);
  expect(taken).toMatchObject({ scheduleId: schedule.id, createdBy: "schedule often", quiesceWanted: true });
  expect(iso(taken?.scheduledFor)).toBe(due);
  const { status } = await get(schedule);
  expect(Date.parse(iso(status?.nextRunAt))).toBe(Date.parse(due) + 5 * minuteMs);
  expect(status?.lastRun).toMatchObject({ vms: 2, taken: 2, failed: 0, skipped: 0, missed: 0, problems: [] });
  expect(status?.lastRun?.finishedAt).toBeDefined();
  expect(await told()).toContain("snapshot schedule often took 2 of 2 snapshots");
  const task = await cluster.client(TaskService).getTask({ id: status?.lastRun?.taskId ?? "" });
  expect(task).toMatchObject({ kind: "schedule.run", state: Task_State.SUCCEEDED, createdBy: "system" });
});

test("the newest are kept; what a person took or renamed stays", async () => {
  await vms.createSnapshot({ vmId: web, name: "by hand" });
  await cluster.settle();
  const schedule = await frequent({ keepLast: 2 });
  const names = [await nextRun(schedule), await nextRun(schedule), await nextRun(schedule)];
  expect(await namesOf(web)).toEqual(["by hand", ...names.slice(1)]);
  expect((await get(schedule)).status?.lastRun).toMatchObject({ taken: 1, expired: 1 });

  const [kept] = await snapshotsOf(web, names[1]);
  const renamed = await vms.updateSnapshot({ vmId: web, snapshotId: kept?.id ?? "", name: "before the move" });
  expect(renamed).toMatchObject({ name: "before the move", scheduleId: "" });
  await nextRun(schedule);
  names.push(await nextRun(schedule), await nextRun(schedule));
  expect(await namesOf(web)).toEqual(["by hand", "before the move", ...names.slice(-2)]);

  // Both limits have to let one go.
  await schedules.updateSnapshotSchedule({
    id: schedule.id,
    spec: { keepLast: 1, keepForHours: 1 },
    updateMask: { paths: ["spec.keep_last", "spec.keep_for_hours"] },
  });
  names.push(await nextRun(schedule));
  expect(await namesOf(web)).toEqual(["by hand", "before the move", ...names.slice(-3)]);
});

test("what clones are made of is kept and said, and goes when it can", async () => {
  const schedule = await frequent({ keepLast: 1, vmIds: [web] });
  const first = await nextRun(schedule);
  const [base] = await snapshotsOf(web, first);
  const { vm: clone } = await vms.cloneVM({
    sourceVmId: web,
    name: "clone",
    snapshotId: base?.id ?? "",
    cloneType: Type.LINKED,
  });
  await cluster.settle();
  const second = await nextRun(schedule);
  expect(await namesOf(web)).toEqual([first, second]);
  const run = (await get(schedule)).status?.lastRun;
  expect(run).toMatchObject({ taken: 1, failed: 0, expired: 0 });
  expect(run?.problems).toMatchObject([{ vmName: "web-1", reason: Reason.IN_USE }]);
  expect(run?.problems[0]?.message).toContain("VM clone needs its blocks");
  await vms.deleteVM({ id: clone?.id ?? "", force: true, keepFor: { seconds: 0n } });
  await cluster.settle();
  const third = await nextRun(schedule);
  expect(await namesOf(web)).toEqual([third]);
});

test("an instant that passed while the control plane was down is made up once, and older ones are said to be missed", async () => {
  const schedule = await frequent({});
  const first = await nextRun(schedule);
  const due = Date.parse(iso((await get(schedule)).status?.nextRunAt));
  await cluster.control.stop();
  await cluster.clock.advance(due + 11 * minuteMs - cluster.clock.now());
  await cluster.control.start();
  await cluster.settle();
  const madeUp = `often-${new Date(due + 10 * minuteMs).toISOString().slice(0, 19)}Z`;
  expect(await namesOf(web)).toEqual([first, madeUp]);
  const { status } = await get(schedule);
  expect(status?.lastRun).toMatchObject({ missed: 2, taken: 1 });
  expect(Date.parse(iso(status?.nextRunAt))).toBe(due + 15 * minuteMs);
  expect(await told()).toContain("snapshot schedule often missed 2 of its times, and makes the newest up");
  await cluster.control.stop();
  await cluster.control.start();
  await cluster.settle();
  expect(await namesOf(web)).toEqual([first, madeUp]);
});

test("a VM whose snapshot is still being made is left out, and the others are not", async () => {
  await cluster.stop();
  cluster = await createCluster({ nodes: 2 });
  vms = cluster.client(VMService);
  schedules = cluster.client(SnapshotScheduleService);
  const [here, there] = cluster.hosts.map(({ nodeId }) => nodeId);
  web = await made("web-1", {}, here);
  const other = await made("web-2", {}, there);
  const schedule = await frequent({});
  // The host falls silent right after it was asked.
  let silent = false;
  cluster.control.onStep = () => {
    if (silent || cluster.control.db.by(snapshotTable, "vm", other).length === 0) return;
    silent = true;
    cluster.host(1).killDaemon();
  };
  const due = Date.parse(iso(schedule.status?.nextRunAt));
  await cluster.clock.advance(due - cluster.clock.now() + 5 * minuteMs + 10_000);
  cluster.control.onStep = () => {};
  const run = (await get(schedule)).status?.lastRun;
  expect(run).toMatchObject({ vms: 2, taken: 1, skipped: 1, failed: 0 });
  expect(run?.problems).toMatchObject([{ vmName: "web-2", message: "its snapshot before is still being taken" }]);
  await cluster.host(1).startDaemon();
  await cluster.settle();
  expect([await snapshotsOf(other), await snapshotsOf(web)].map(({ length }) => length)).toEqual([1, 2]);
});

test("what cannot be taken is said by VM, once: no storm of retries", async () => {
  const spent = await made("spent", {});
  const schedule = await frequent({});
  const name = `often-${iso(schedule.status?.nextRunAt).replace(".000Z", "Z")}`;
  await vms.createSnapshot({ vmId: spent, name });
  await cluster.settle();
  expect(await nextRun(schedule)).toBe(name);
  const run = (await get(schedule)).status?.lastRun;
  expect(run).toMatchObject({ vms: 2, taken: 1, failed: 1 });
  expect(run?.problems[0]).toMatchObject({ vmId: spent, vmName: "spent", reason: Reason.NAME_TAKEN });
  const task = await cluster.client(TaskService).getTask({ id: run?.taskId ?? "" });
  expect(task.error?.message).toContain("snapshot schedule often could not take snapshots of 1 of 2 VMs: VM spent");
  const before = cluster.control.db.revision;
  await cluster.clock.advance(4 * minuteMs);
  expect(cluster.control.db.revision - before).toBeLessThan(10);
});

test("a VM that is busy is tried again, a little later", async () => {
  const schedule = await frequent({ isEnabled: false });
  // In one turn: its host has not begun when the schedule asks.
  const answers = [
    vms.createSnapshot({ vmId: web, name: "by hand", includeMemory: true }),
    schedules.runSnapshotSchedule({ id: schedule.id }),
  ];
  await Promise.all(answers);
  await cluster.settle();
  const run = (await get(schedule)).status?.lastRun;
  expect(run).toMatchObject({ taken: 1, failed: 0, problems: [] });
  const tookSeconds = Number((run?.finishedAt?.seconds ?? 0n) - (run?.startedAt?.seconds ?? 0n));
  expect(tookSeconds).toBeGreaterThanOrEqual(30);
  expect(await snapshotsOf(web)).toHaveLength(2);
});

test("a pool that is too full refuses, and so it is said", async () => {
  const schedule = await frequent({});
  const { db } = cluster.control;
  const [pool] = [...db.all(pools)];
  await db.transact((tx) => {
    tx.update(pools, pool?.id ?? "", ({ status }) => {
      if (status?.capacity) status.capacity.usedBytes = (status.capacity.totalBytes * 99n) / 100n;
    });
  });
  await schedules.runSnapshotSchedule({ id: schedule.id });
  await cluster.settle();
  expect((await get(schedule)).status?.lastRun?.problems).toMatchObject([{ reason: Reason.POOL_FULL }]);
});

test("it can be run now, also while it is switched off; a repeat under its key is one run", async () => {
  const schedule = await frequent({ isEnabled: false });
  expect(schedule.status?.nextRunAt).toBeUndefined();
  const request = { id: schedule.id, idempotencyKey: "now" };
  const first = await schedules.runSnapshotSchedule(request);
  const again = await schedules.runSnapshotSchedule(request);
  expect(again.task?.id).toBe(first.task?.id);
  await cluster.settle();
  await cluster.clock.advance(6 * minuteMs);
  expect(await snapshotsOf(web)).toHaveLength(1);
  const preview = await schedules.runSnapshotSchedule({ id: schedule.id, dryRun: true });
  expect(preview.schedule?.status?.lastRun?.vms).toBe(1);
  expect(await snapshotsOf(web)).toHaveLength(1);
  const on = await schedules.updateSnapshotSchedule({
    id: schedule.id,
    spec: { isEnabled: true },
    updateMask: { paths: ["spec.is_enabled"] },
  });
  expect(Date.parse(iso(on.status?.nextRunAt))).toBeGreaterThan(cluster.clock.now());
});

test("with the schedule its snapshots stay, unless asked otherwise", async () => {
  const [one, two] = [await frequent({}), await create("other", {})];
  const name = await nextRun(one);
  expect(await snapshotsOf(web)).toHaveLength(2);
  expect(await schedules.deleteSnapshotSchedule({ id: one.id })).toMatchObject({ snapshotsKept: 1 });
  const gone = await schedules.deleteSnapshotSchedule({ id: two.id, deleteSnapshots: true });
  expect(gone).toMatchObject({ snapshotsDeleted: 1, snapshotsKept: 0 });
  await cluster.settle();
  expect(await namesOf(web)).toEqual([name]);
  await cluster.clock.advance(6 * minuteMs);
  expect(await namesOf(web)).toEqual([name]);
});

test("a schedule is its project's: it takes snapshots of no other VMs, and only who may take them may make one", async () => {
  const { id: projectId } = await cluster.client(ProjectService).createProject({ name: "blue" });
  const { vm } = await vms.createVM({ name: "blue-1", projectId, spec: { disks: [{ sizeGib: 1n }] } });
  await cluster.settle();
  const blue = vm?.id ?? "";
  expect((await failure(create("x", { vmIds: [blue] }))).fields).toMatchObject([{ field: "spec.vmIds" }]);
  expect((await failure(create("x", { allVms: false }))).fields).toMatchObject([{ field: "spec.vmIds" }]);
  const user = cluster.user("ann");
  await user.allow(["schedule.view", "schedule.manage", "project.view"], { kind: "project", id: projectId });
  const theirs = user.client(SnapshotScheduleService);
  const wanted = { name: "blue", projectId, spec: { cron: often, isEnabled: true, allVms: true } };
  expect((await failure(theirs.createSnapshotSchedule(wanted))).reason).toBe(Reason.PRIVILEGE_MISSING);
  await user.allow(["vm.snapshot"], { kind: "project", id: projectId });
  const schedule = await theirs.createSnapshotSchedule(wanted);
  expect((await failure(theirs.createSnapshotSchedule(wanted))).reason).toBe(Reason.NAME_TAKEN);
  const hidden = await frequent({});
  expect((await theirs.listSnapshotSchedules({})).schedules.map(({ id }) => id)).toEqual([schedule.id]);
  expect((await failure(theirs.getSnapshotSchedule({ id: hidden.id }))).reason).toBe(Reason.NOT_FOUND);
  await schedules.deleteSnapshotSchedule({ id: hidden.id });
  await nextRun(schedule);
  expect([await snapshotsOf(blue), await snapshotsOf(web)].map(({ length }) => length)).toEqual([1, 0]);
  const refused = await failure(cluster.client(ProjectService).deleteProject({ id: projectId }));
  expect(refused.message).toContain("1 snapshot schedule");
});

test("the inventory and the watch tell of schedules", async () => {
  const signal = AbortSignal.timeout(20_000);
  const inventory = cluster.client(InventoryService).watchInventory({}, { signal });
  const watch = schedules.watchSnapshotSchedules({}, { signal });
  const schedule = await frequent({});
  for await (const { object } of inventory) if (object.case === "schedule" && object.value.id === schedule.id) break;
  for await (const update of watch) if (update.schedule?.id === schedule.id) break;
  const { instants } = await schedules.previewSnapshotSchedule({ cron: "30 2 * * *", timeZone: "Europe/Berlin" });
  expect(instants).toHaveLength(5);
  expect(iso(instants[0])).toBe("2026-01-01T01:30:00.000Z");
  const wrong = await failure(schedules.previewSnapshotSchedule({ cron: "30 2 * *" }));
  expect(wrong.fields).toMatchObject([{ field: "spec.cron" }]);
});

async function made(name: string, labels: Record<string, string>, nodeId = ""): Promise<string> {
  const { vm } = await vms.createVM({ name, labels, nodeId, startOnCreate: true, spec: { disks: [{ sizeGib: 1n }] } });
  await cluster.settle();
  return vm?.id ?? "";
}

type Spec = NonNullable<Parameters<typeof schedules.createSnapshotSchedule>[0]["spec"]>;

function create(name: string, spec: Spec): Promise<SnapshotSchedule> {
  const isNamed = spec.vmIds !== undefined || spec.labelSelector !== undefined;
  const wanted = { isEnabled: true, cron: often, allVms: !isNamed, ...spec };
  return schedules.createSnapshotSchedule({ name, spec: wanted });
}

function frequent(spec: Spec): Promise<SnapshotSchedule> {
  return create("often", spec);
}

function get({ id }: SnapshotSchedule): Promise<SnapshotSchedule> {
  return schedules.getSnapshotSchedule({ id });
}

/** Time goes on to its next run, and until that is through; answers what its snapshots are called. */
async function nextRun(schedule: SnapshotSchedule): Promise<string> {
  const due = iso((await get(schedule)).status?.nextRunAt);
  await cluster.clock.advance(Date.parse(due) - cluster.clock.now() + 1000);
  await cluster.settle();
  return `${schedule.name}-${due.replace(".000Z", "Z")}`;
}

async function snapshotsOf(vmId: string, name = ""): Promise<Snapshot[]> {
  const { snapshots } = await vms.listSnapshots({ vmId });
  expect(snapshots.every(({ phase }) => phase === Phase.READY || phase === Phase.CREATING)).toBe(true);
  return snapshots.filter((snapshot) => !name || snapshot.name === name);
}

async function namesOf(vmId: string): Promise<string[]> {
  return (await snapshotsOf(vmId)).map(({ name }) => name);
}

async function told(): Promise<string[]> {
  const rows = await cluster.control.db.page(eventTable, { limit: 500 });
  return rows.map(({ message }) => message);
}

async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => new Error("it was not refused"),
    (cause: unknown) => cause,
  );
  return fromConnectError(error);
}

function iso(at: Parameters<typeof timestampDate>[0] | undefined): string {
  return at ? timestampDate(at).toISOString() : "";
}
