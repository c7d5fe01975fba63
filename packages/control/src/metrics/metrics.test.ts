import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  fromConnectError,
  Metric_Name as Name,
  Metric_Unit as Unit,
  MetricsService,
  NodeService,
  ProjectSchema,
  Reason,
  ResourceUsageSchema,
  StoragePoolService,
  VMService,
  type LoadsUpdate,
  type MetricsFrame,
} from "@limiquantix/api";
import { createCluster, type Cluster, type SimUser } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import { projects } from "../tables.ts";
import { vmValues } from "./rates.ts";

let cluster: Cluster;

const size = { cpu: { cores: 2 }, memory: { sizeMib: 1024n }, disks: [{ sizeGib: 1n }] };

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
});
afterEach(() => cluster.stop());

async function vmOf(name: string, options: { projectId?: string } = {}): Promise<string> {
  const { vm } = await cluster.client(VMService).createVM({ name, spec: size, startOnCreate: true, ...options });
  await cluster.settle();
  return vm?.id ?? "";
}

async function tenant(name: string): Promise<SimUser> {
  await cluster.control.db.transact((tx) => tx.insert(projects, create(ProjectSchema, { id: name, name })));
  const user = cluster.user(name);
  await user.allow("administrator", { kind: "project", id: name });
  await user.allow("consumer", { kind: "project", id: "default" });
  return user;
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "ok",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );

const metrics = () => cluster.client(MetricsService);
const measured = (frame: MetricsFrame, name: Name) =>
  (frame.series.find(({ metric }) => metric === name)?.values ?? []).filter((value) => !Number.isNaN(value));
const hostOf = async (vmId: string) => (await cluster.client(VMService).getVM({ id: vmId })).status?.nodeId ?? "";

test("what a VM does is kept while nobody looks, on points that all series share", async () => {
  const id = await vmOf("web-1");
  await cluster.clock.advance(300_000);
  const frame = await metrics().queryMetrics({ targets: [{ kind: "vm", id }] });
  expect([frame.stepSeconds, frame.count]).toEqual([10, 361]);
  expect(frame.series.map(({ metric, unit }) => [Name[metric], Unit[unit]])).toEqual([
    ["CPU", "PERCENT"],
    ["MEMORY_USED", "BYTES"],
    ["DISK_READ", "BYTES_PER_SECOND"],
    ["DISK_WRITE", "BYTES_PER_SECOND"],
    ["DISK_REQUESTS", "PER_SECOND"],
    ["NETWORK_RECEIVED", "BYTES_PER_SECOND"],
    ["NETWORK_SENT", "BYTES_PER_SECOND"],
  ]);
  for (const { values } of frame.series) {
    expect(values.length).toBe(frame.count);
    // Before it was made there is nothing, which is not zero.
    expect(values.slice(0, 320).every(Number.isNaN)).toBe(true);
  }
  expect(measured(frame, Name.CPU).length).toBeGreaterThan(12);
  expect(measured(frame, Name.CPU).every((value) => value > 0 && value <= 101)).toBe(true);
  expect(measured(frame, Name.MEMORY_USED).every((value) => value > 100 * 2 ** 20 && value < 2 ** 30)).toBe(true);
  expect(timestampMs(frame.since!)).toBeGreaterThan(cluster.clock.now() - 320_000);
});

test("rates are what the counters say, on the finest points and on coarse ones", async () => {
  const id = await vmOf("web-1");
  await cluster.clock.advance(600_000);
  const nodeId = await hostOf(id);
  const to = cluster.clock.now();
  const ask = (maxPoints: number, fromMs: number) =>
    metrics().queryMetrics({
      targets: [
        { kind: "node", id: nodeId },
        { kind: "vm", id },
      ],
      metrics: [Name.NETWORK_RECEIVED],
      maxPoints,
      from: timestampFromMs(fromMs),
    });
  const fine = await ask(100, to - 300_000);
  const [ofNode, ofVm] = fine.series;
  expect([fine.stepSeconds, fine.series.length]).toEqual([10, 2]);
  // One VM is all that its host moves: the sums agree.
  const sum = (values: readonly number[] = []) =>
    values.reduce((all, value) => all + (Number.isNaN(value) ? 0 : value), 0);
  expect(sum(ofNode?.values) / sum(ofVm?.values)).toBeCloseTo(1, 1);
  const coarse = await ask(3, to - 300_000);
  expect(coarse.stepSeconds).toBe(240);
  expect(coarse.count).toBeLessThanOrEqual(3);
  expect(measured(coarse, Name.NETWORK_RECEIVED)[0]).toBeGreaterThan(0);
});

test("a counter that went back gives no rate, and nothing below zero", () => {
  const at = (seconds: number, counter: bigint) =>
    create(ResourceUsageSchema, {
      measuredAt: timestampFromMs(seconds * 1000),
      cpuTimeNs: counter,
      diskReadBytes: counter,
      memoryUsedMib: 1n,
    });
  const [cpu, memory, read] = vmValues(at(10, 50n * 10n ** 9n), at(20, 55n * 10n ** 9n), 2);
  expect([cpu, memory, read]).toEqual([25, 2 ** 20, 5e8]);
  expect(vmValues(at(10, 50n), at(20, 5n), 2).slice(0, 3)).toEqual([NaN, 2 ** 20, NaN]);
  expect(vmValues(undefined, at(20, 5n), 2).slice(0, 3)).toEqual([NaN, 2 ** 20, NaN]);
  expect(vmValues(at(10, 1n), at(100, 9n), 2)[0]).toBeNaN();
});

test("while a host is out of reach there is a gap, and no load is told of its VMs", async () => {
  const id = await vmOf("web-1");
  const nodeId = await hostOf(id);
  await cluster.clock.advance(100_000);
  cluster.hosts.find((host) => host.nodeId === nodeId)?.cutNetwork();
  await cluster.clock.advance(120_000);
  const loads = await first(metrics().watchLoads({}));
  expect(idsOf(loads.vms?.ids)).not.toContain(id);
  const frame = await metrics().queryMetrics({
    targets: [{ kind: "vm", id }],
    metrics: [Name.MEMORY_USED],
    from: timestampFromMs(cluster.clock.now() - 200_000),
  });
  const values = frame.series[0]?.values ?? [];
  expect(values.slice(-10).every(Number.isNaN)).toBe(true);
  expect(values.slice(0, 9).every(Number.isNaN)).toBe(false);
});

test("the live tail goes on where the question ended, point for point", async () => {
  const id = await vmOf("web-1");
  await cluster.clock.advance(60_000);
  const targets = [{ kind: "vm", id }];
  const asked = await metrics().queryMetrics({ targets, metrics: [Name.CPU], maxPoints: 1000 });
  const from = timestampFromMs(timestampMs(asked.start!) + (asked.count - 1) * asked.stepSeconds * 1000);
  const stop = new AbortController();
  const request = { targets, metrics: [Name.CPU], from, stepSeconds: asked.stepSeconds };
  const seen = follow(metrics().watchMetrics(request, { signal: stop.signal }));
  await cluster.clock.advance(60_000);
  stop.abort();
  const points = new Map<number, number>();
  for (const frame of seen.got) {
    for (const [i, value] of (frame.series[0]?.values ?? []).entries()) {
      points.set(timestampMs(frame.start!) + i * 10_000, value);
    }
  }
  const now = await metrics().queryMetrics({ targets, metrics: [Name.CPU], from });
  const wanted = now.series[0]?.values ?? [];
  expect(wanted.length).toBeGreaterThan(5);
  for (const [i, value] of wanted.slice(0, 6).entries()) expect(points.get(timestampMs(from) + i * 10_000)).toBe(value);
});

test("a cluster's sum is of the hosts that one may see, and so is the root's", async () => {
  await vmOf("web-1");
  await cluster.clock.advance(60_000);
  const { nodes } = await cluster.client(NodeService).listNodes({});
  const viewer = cluster.user("viewer");
  await viewer.allow("read-only", { kind: "node", id: nodes[0]?.id ?? "" });
  const sumFor = async (client: typeof cluster | SimUser) => {
    const root = { targets: [{ kind: "root" }], metrics: [Name.DAEMON_MEMORY] };
    return measured(await client.client(MetricsService).queryMetrics(root), Name.DAEMON_MEMORY)[0] ?? NaN;
  };
  const [all, one, none] = [await sumFor(cluster), await sumFor(viewer), await sumFor(cluster.user("nobody"))];
  expect(all / one).toBeCloseTo(2, 2);
  expect(none).toBeNaN();
  const cpu = await metrics().queryMetrics({ targets: [{ kind: "root" }], metrics: [Name.CPU] });
  expect(measured(cpu, Name.CPU).every((value) => value >= 0 && value < 100)).toBe(true);
});

test("pools have a history of their space", async () => {
  const { pools } = await cluster.client(StoragePoolService).listPools({});
  await vmOf("web-1");
  await cluster.clock.advance(60_000);
  const id = pools[0]?.id ?? "";
  const frame = await metrics().queryMetrics({ targets: [{ kind: "pool", id }] });
  expect(measured(frame, Name.SPACE_USED).length).toBeGreaterThan(1);
});

test("what one may not see is not there: not in a question, a watch or a load, and no longer once it is taken away", async () => {
  const [a, b] = [await tenant("a"), await tenant("b")];
  const id = await vmOf("web-1", { projectId: "a" });
  const nodeId = await hostOf(id);
  await cluster.clock.advance(60_000);
  const ask = (user: SimUser, kind: string, object: string) =>
    reasonOf(user.client(MetricsService).queryMetrics({ targets: [{ kind, id: object }] }));
  expect([await ask(a, "vm", id), await ask(b, "vm", id)]).toEqual(["ok", "NOT_FOUND"]);
  expect([await ask(a, "node", nodeId), await ask(a, "vm", "web-9")]).toEqual(["NOT_FOUND", "NOT_FOUND"]);
  expect(await ask(a, "host", id)).toBe("INVALID_REQUEST");

  const reader = cluster.user("reader");
  const grant = await reader.allow("read-only", { kind: "vm", id });
  const stop = new AbortController();
  const { signal } = stop;
  const watched = follow(reader.client(MetricsService).watchMetrics({ targets: [{ kind: "vm", id }] }, { signal }));
  const loads = follow(reader.client(MetricsService).watchLoads({}, { signal }));
  const others = follow(b.client(MetricsService).watchLoads({}, { signal }));
  await cluster.clock.advance(30_000);
  expect(watched.got.length).toBeGreaterThan(1);
  expect(idsOf(loads.got[0]?.vms?.ids)).toEqual([id]);
  expect(loads.got[0]?.nodes?.index).toEqual([]);
  expect(others.got.flatMap(({ vms }) => vms?.index ?? [])).toEqual([]);
  await reader.forbid(grant);
  const before = watched.got.length;
  await cluster.clock.advance(30_000);
  expect([await watched.ended, watched.got.length - before]).toEqual(["NOT_FOUND", 0]);
  expect(loads.got.at(-1)?.vms?.gone).toEqual([0]);
  stop.abort();
});

test("loads tell all at first and then what changed; a VM that stops is gone, and comes back by its number", async () => {
  const [one, two] = [await vmOf("web-1"), await vmOf("web-2")];
  await cluster.clock.advance(30_000);
  const stop = new AbortController();
  const seen = follow(metrics().watchLoads({}, { signal: stop.signal }));
  await cluster.clock.advance(6000);
  expect(idsOf(seen.got[0]?.vms?.ids).toSorted()).toEqual([one, two].toSorted());
  const number = idsOf(seen.got[0]?.vms?.ids).indexOf(two);
  await cluster.client(VMService).stopVM({ id: two, force: true });
  await cluster.settle();
  await cluster.clock.advance(30_000);
  expect(seen.got.flatMap(({ vms }) => vms?.gone ?? [])).toEqual([number]);
  await cluster.client(VMService).startVM({ id: two });
  await cluster.settle();
  const told = seen.got.length;
  await cluster.clock.advance(60_000);
  stop.abort();
  const after = seen.got.slice(told);
  expect(after.flatMap(({ vms }) => vms?.index ?? [])).toContain(number);
  expect(after.flatMap(({ vms }) => idsOf(vms?.ids))).toEqual([]);
});

async function first<T>(stream: AsyncIterable<T>): Promise<T> {
  for await (const message of stream) return message;
  throw new Error("the stream ended");
}

function follow<T extends MetricsFrame | LoadsUpdate>(stream: AsyncIterable<T>): { got: T[]; ended: Promise<string> } {
  const got: T[] = [];
  const ended = reasonOf(
    (async () => {
      for await (const message of stream) got.push(message);
    })(),
  );
  return { got, ended };
}

function idsOf(bytes: Uint8Array = new Uint8Array()): string[] {
  return Array.from({ length: bytes.length / 16 }, (_, i) => {
    const hex = Buffer.from(bytes.subarray(16 * i, 16 * i + 16)).toString("hex");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  });
}
