import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import {
  Metric_Name as Name,
  NodeSchema,
  QueryMetricsRequestSchema,
  Reason,
  toConnectError,
  VirtualMachineSchema,
} from "@limiquantix/api";
import { FakeClock, newId, silentLog } from "@limiquantix/kit";
import { beforeEach, expect, test } from "vitest";
import { fullAccess } from "../../access/index.ts";
import { allTables } from "../../all-tables.ts";
import type { Database } from "../../store/database.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { openDatabase } from "../../store/open-database.ts";
import { events, nodes, vms } from "../../tables.ts";
import { columns } from "../catalogue.ts";
import { gridWith } from "../grid.ts";
import { MetricsHistory } from "../history.ts";
import { CurrentLoads } from "../loads.ts";
import { historyFacts } from "../past.ts";
import { queryMetrics } from "../rpc/query-metrics.ts";
import { readRange } from "./answer.ts";
import { families } from "./families.ts";
import { PrometheusHistory } from "./prometheus-history.ts";
import { promql } from "./promql.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

test("what the API has a history of is a family of its own, and no name stands twice", () => {
  for (const kind of ["vm", "node", "pool"] as const) {
    const metrics = families[kind].flatMap(({ metric }) => (metric === undefined ? [] : [metric]));
    expect(metrics.toSorted()).toEqual([...columns[kind]].toSorted());
  }
  const names = Object.values(families).flatMap((of) => of.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
});

test("a question in PromQL: means of gauges, rates of counters, shares of all cores", () => {
  const one = { kind: "vm", ids: ["a"], summed: false } as const;
  expect(promql(one, Name.CPU, 120_000)).toBe(
    'avg by (id) (avg_over_time(limiquantix_vm_cpu_usage_ratio{id="a"}[120s])) * 100',
  );
  expect(promql({ ...one, ids: ["a", "b"] }, Name.DISK_READ, 600_000)).toBe(
    'sum by (id) (rate(limiquantix_vm_disk_read_bytes_total{id=~"a|b"}[600s]))',
  );
  const all = { kind: "node", ids: ["a", "b"], summed: true } as const;
  expect(promql(all, Name.LOAD, 120_000)).toBe(
    'sum(avg by (id) (avg_over_time(limiquantix_node_load1{id=~"a|b"}[120s])))',
  );
  expect(promql(all, Name.CPU, 120_000)).toMatch(/^\(sum\(.* \* .*\) \/ sum\(.* and .*\)\) \* 100$/);
  expect(() => promql(one, Name.SPACE_USED, 120_000)).toThrow("SPACE_USED of a vm");
});

test("an id cannot leave its quotes, nor be a pattern", () => {
  const query = (...ids: string[]) => promql({ kind: "pool", ids, summed: false }, Name.SPACE_USED, 120_000);
  expect(query('a"} or x{y="\\')).toContain('{id="a\\"} or x{y=\\"\\\\"}[');
  expect(query(".*", 'b"')).toContain('{id=~"\\\\.\\\\*|b\\""}[');
  expect(query("a\nb")).toContain('{id="a\\nb"}[');
});

test("an answer is read onto the grid: what is not there, NaN or infinite is a gap", () => {
  const grid = gridWith({ fromMs: 0, toMs: 4 * 120_000, stepMs: 120_000 });
  const values = [
    [120, "1.5"],
    [240, "NaN"],
    [360, "+Inf"],
    [600, "7e3"],
    [99_999, "1"],
  ];
  const text = JSON.stringify({
    status: "success",
    data: { resultType: "matrix", result: [{ metric: { id: "a" }, values }] },
  });
  expect([...(readRange(text, grid).get("a") ?? [])]).toEqual([1.5, NaN, NaN, NaN, 7000]);
  expect(readRange('{"status":"success","data":{"resultType":"matrix","result":[]}}', grid).size).toBe(0);
  expect(() => readRange('{"status":"error","errorType":"timeout","error":"query timed out"}', grid)).toThrow(
    "it says: query timed out",
  );
  const others = [
    "<html>",
    "[]",
    "null",
    '{"status":"success"}',
    '{"status":"success","data":{"resultType":"vector"}}',
  ];
  const broken = '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,2]]}]}}';
  for (const other of [...others, broken]) expect(() => readRange(other, grid)).toThrow("no Prometheus");
});

/** A Prometheus that has the same at each point since `sinceMs`, or fails. */
class FakePrometheus {
  sinceMs = 0;
  value: string = "2";
  failure: string | undefined;
  asked: Readonly<Record<string, string>>[] = [];
  atOnce = 0;
  mostAtOnce = 0;

  async ask(path: string, form: Readonly<Record<string, string>>): Promise<string> {
    expect(path).toBe("/api/v1/query_range");
    this.asked.push(form);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce);
    await Promise.resolve();
    this.atOnce--;
    if (this.failure !== undefined) throw new Error(this.failure);
    const ids = /id=~?"([^"]+)"/.exec(form["query"] ?? "")?.[1]?.split("|") ?? [];
    const isSum = /^\(?(?:sum|max)\(/.test(form["query"] ?? "");
    const [start = 0, end = 0, step = 1] = ["start", "end", "step"].map((key) => Number(form[key]));
    const values: [number, string][] = [];
    for (let at = start; at <= end; at += step) if (at * 1000 >= this.sinceMs) values.push([at, this.value]);
    const result = (isSum ? [undefined] : ids).map((id) => ({ metric: id === undefined ? {} : { id }, values }));
    return JSON.stringify({ status: "success", data: { resultType: "matrix", result } });
  }
}

const [vmId, otherId, nodeId] = [newId(), newId(), newId()];
let clock: FakeClock;
let db: Database;
let prometheus: FakePrometheus;
let history: MetricsHistory;
let past: PrometheusHistory;

beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2026, 5, 1));
  db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock, log: silentLog });
  await db.transact((tx) => {
    tx.insert(nodes, create(NodeSchema, { id: nodeId, machineId: "m", hostname: "hv-1" }));
    for (const id of [vmId, otherId]) tx.insert(vms, create(VirtualMachineSchema, { id, name: id }));
  });
  prometheus = new FakePrometheus();
  prometheus.sinceMs = clock.now() - 40 * dayMs;
  history = new MetricsHistory();
  past = new PrometheusHistory({ api: prometheus, db, clock, log: silentLog });
});

/** The ring measured memory of 1 in the last `ms`. */
function measured(ms: number): void {
  for (let at = clock.now() - ms; at <= clock.now(); at += 10_000) {
    history.add({ kind: "vm", id: vmId }, [1, 1, 1, 1, 1, 1, 1], undefined, at);
  }
}

function query(options: {
  backMs: number;
  toMs?: number;
  maxPoints?: number;
  targets?: { kind: string; id: string }[];
}) {
  const { backMs, toMs = clock.now(), maxPoints = 1000, targets = [{ kind: "vm", id: vmId }] } = options;
  const request = create(QueryMetricsRequestSchema, {
    targets,
    metrics: [Name.MEMORY_USED],
    from: timestampFromMs(clock.now() - backMs),
    to: timestampFromMs(toMs),
    maxPoints,
  });
  const call = { access: fullAccess, signal: new AbortController().signal };
  return queryMetrics({ db, clock, history, loads: new CurrentLoads(), past }, request, call);
}

test("the last day is the ring's own business: Prometheus is not asked", async () => {
  measured(hourMs);
  for (const backMs of [hourMs, dayMs, dayMs + 60_000]) await query({ backMs });
  expect(prometheus.asked).toEqual([]);
});

test("a week: Prometheus's before the last day, the ring's in it, and Prometheus's where the ring has a gap", async () => {
  measured(hourMs);
  prometheus.sinceMs = clock.now() - 5 * dayMs;
  const frame = await query({ backMs: 7 * dayMs });
  expect(frame.stepSeconds % 120).toBe(0);
  expect(frame.count).toBeLessThanOrEqual(1000);
  const values = frame.series[0]?.values ?? [];
  const at = (agoMs: number) =>
    values[Math.floor((clock.now() - agoMs - timestampMs(frame.start!)) / frame.stepSeconds / 1000)];
  expect(at(6 * dayMs)).toBeNaN();
  expect(at(4 * dayMs)).toBe(2);
  expect(at(3 * hourMs)).toBe(2);
  expect(at(hourMs / 2)).toBeCloseTo(1, 2);
  expect(Math.abs(timestampMs(frame.since!) - prometheus.sinceMs)).toBeLessThanOrEqual(2 * frame.stepSeconds * 1000);
  expect(frame.missing).toBe("");
});

test("a gap of both is a gap", async () => {
  measured(hourMs);
  prometheus.value = "NaN";
  const values = (await query({ backMs: 7 * dayMs })).series[0]?.values ?? [];
  expect(values.slice(0, -12).every(Number.isNaN)).toBe(true);
  expect(values.some((value) => !Number.isNaN(value))).toBe(true);
});

test("several VMs are one query; sums have their own", async () => {
  const targets = [
    { kind: "vm", id: vmId },
    { kind: "vm", id: otherId },
    { kind: "root", id: "" },
  ];
  const frame = await query({ backMs: 7 * dayMs, targets });
  expect(prometheus.asked.map(({ query: text }) => text)).toEqual([
    expect.stringContaining(`{id=~"${vmId}|${otherId}"}`),
    expect.stringMatching(/^sum\(avg by/),
  ]);
  expect(frame.series.map(({ values }) => values[0])).toEqual([2, 2, 2]);
});

test("no more than eight questions are asked at once", async () => {
  const grid = gridWith({ fromMs: 0, toMs: dayMs, stepMs: 120_000 });
  const wanted = { kind: "vm", ids: [vmId], summed: false, name: Name.CPU } as const;
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 50 }, () => past.read(wanted, grid, signal)));
  expect(prometheus.mostAtOnce).toBe(8);
  const many = Array.from({ length: 600 }, () => past.read(wanted, grid, signal));
  const failed = (await Promise.allSettled(many)).filter(({ status }) => status === "rejected");
  expect(failed.length).toBe(600 - 508);
});

test("Prometheus is gone: the last day stays, what is older says why, and it is told once; then it is back", async () => {
  measured(hourMs);
  past.start();
  await clock.advance(1);
  expect(historyFacts(past, clock.now())).toMatchObject({ source: "prometheus", problem: "" });
  expect(past.sinceMs).toBeDefined();
  prometheus.failure = "nothing listens at its address";
  const first = await query({ backMs: 7 * dayMs });
  expect(first.missing).toContain("nothing listens");
  expect((first.series[0]?.values ?? []).some((value) => !Number.isNaN(value))).toBe(true);
  await clock.advance(60_000);
  expect(historyFacts(past, clock.now()).problem).toBe("Prometheus cannot be asked: nothing listens at its address");
  // People's questions are not made to wait for what is known.
  const before = prometheus.asked.length;
  expect((await query({ backMs: 7 * dayMs })).missing).toContain("nothing listens");
  expect(prometheus.asked.length).toBe(before);
  const older = query({ backMs: 7 * dayMs, toMs: clock.now() - 2 * dayMs });
  await expect(older).rejects.toMatchObject({ reason: Reason.METRICS_HISTORY_UNAVAILABLE });
  const sentence = await older.catch((cause: unknown) => toConnectError(cause as never, "").message);
  expect(sentence).toContain("measurements of before 2026-05-31");
  prometheus.failure = undefined;
  await clock.advance(20_000);
  expect((await query({ backMs: 7 * dayMs })).missing).toBe("");
  const told = await db.page(events, { where: { index: "type", value: "metrics" }, limit: 10 });
  expect(told.map(({ message }) => message)).toEqual([
    "charts show the last day only: Prometheus cannot be asked: nothing listens at its address",
    "Prometheus can be asked for history again",
  ]);
  past.stop();
});

test("one query that is too heavy does not close Prometheus to the others", async () => {
  past.start();
  await clock.advance(1);
  const ask = prometheus.ask.bind(prometheus);
  prometheus.ask = async (path, form) =>
    form["query"]?.includes("memory") ? '{"status":"error","error":"query timed out"}' : ask(path, form);
  expect((await query({ backMs: 7 * dayMs })).missing).toBe("it says: query timed out");
  await clock.advance(1000);
  expect(past.problem).toBe("");
  past.stop();
});

test("how far back it goes: as Prometheus has it, and a day without one", async () => {
  await past.look();
  expect(Math.abs((past.sinceMs ?? 0) - prometheus.sinceMs)).toBeLessThanOrEqual(6 * hourMs);
  expect(timestampMs((await query({ backMs: hourMs })).keptSince!)).toBe(past.sinceMs);
  expect(timestampMs(historyFacts(undefined, clock.now()).keptSince)).toBe(clock.now() - dayMs);
  prometheus.sinceMs = clock.now() - hourMs;
  await past.look();
  expect(timestampMs(historyFacts(past, clock.now()).keptSince)).toBe(clock.now() - dayMs);
});
