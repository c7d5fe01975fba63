import { create } from "@bufbuild/protobuf";
import { VirtualMachineSchema, VMService } from "@limiquantix/api";
import { FakeClock, newId, silentLog } from "@limiquantix/kit";
import { createCluster, type Cluster } from "@limiquantix/sim";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fullAccess, noAccess } from "../../access/index.ts";
import { allTables } from "../../all-tables.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { openDatabase } from "../../store/open-database.ts";
import { vms } from "../../tables.ts";
import { MetricsRecorder } from "../recorder.ts";
import { expose } from "./exposition.ts";

let cluster: Cluster;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 2 });
});
afterEach(() => cluster.stop());

/** A sample by its line: the format's own grammar, read strictly. */
function parse(text: string): { name: string; labels: Record<string, string>; value: number }[] {
  expect(text.endsWith("\n")).toBe(true);
  const typed = new Map<string, string>();
  const closed = new Set<string>();
  let current = "";
  return text.split("\n").flatMap((line) => {
    const [, head, name = "", type = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (head === "TYPE") {
      typed.set(name, type);
      // All lines of one metric are one group.
      expect(closed.has(name)).toBe(false);
      closed.add(name);
      current = name;
    }
    if (head || line === "") return [];
    const sample = /^([a-z_:][a-z0-9_:]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+)$/.exec(line);
    if (!sample) throw new Error(`no sample: ${line}`);
    expect(sample[1]).toBe(current);
    expect(typed.get(current) === "counter").toBe(current.endsWith("_total"));
    const labels = [...(sample[2] ?? "").matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", value = ""]) => [
      key,
      value.replaceAll(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char)),
    ]);
    return [
      { name: sample[1] ?? "", labels: Object.fromEntries(labels) as Record<string, string>, value: Number(sample[3]) },
    ];
  });
}

const scrape = (access = fullAccess) => parse([...cluster.control.controlPlane.exposeMetrics(access)].join(""));

test("VMs, hosts and pools are told of under their names, with counters that only grow", async () => {
  const spec = { cpu: { cores: 2 }, memory: { sizeMib: 1024n }, disks: [{ sizeGib: 1n }] };
  const { vm } = await cluster.client(VMService).createVM({ name: "web-1", spec, startOnCreate: true });
  await cluster.settle();
  await cluster.clock.advance(30_000);
  const { status } = await cluster.client(VMService).getVM({ id: vm?.id ?? "" });
  const host = cluster.hosts.find(({ nodeId }) => nodeId === status?.nodeId);
  const of = (name: string) => scrape().find(({ name: other, labels }) => other === name && labels["id"] === vm?.id);
  expect(of("limiquantix_vm_running")).toEqual({
    name: "limiquantix_vm_running",
    labels: { id: vm?.id, name: "web-1", project: "default", node: host?.name },
    value: 1,
  });
  const ratio = of("limiquantix_vm_cpu_usage_ratio")?.value ?? NaN;
  expect(ratio).toBeGreaterThan(0);
  expect(ratio).toBeLessThanOrEqual(1.01);
  expect(of("limiquantix_vm_memory_size_bytes")?.value).toBe(2 ** 30);
  const counters = scrape().filter(({ name }) => /^limiquantix_(?:vm|node)_.*_total$/.test(name));
  // Simulated hosts count no CPU time of their own.
  expect(counters.length).toBe(6 + 2 * 5);
  await cluster.clock.advance(30_000);
  const later = scrape();
  for (const { name, labels, value } of counters) {
    const now = later.find((sample) => sample.name === name && sample.labels["id"] === labels["id"]);
    expect(now?.value).toBeGreaterThanOrEqual(value);
  }
  expect(later.filter(({ name }) => name === "limiquantix_node_ready").map(({ value }) => value)).toEqual([1, 1]);
  expect(later.some(({ name, value }) => name === "limiquantix_pool_size_bytes" && value > 0)).toBe(true);
  expect(later.find(({ name }) => name === "limiquantix_build_info")?.labels).toEqual({ version: "sim" });
});

test("while a host is out of reach nothing is measured of it, and that is no zero", async () => {
  await cluster.clock.advance(30_000);
  cluster.hosts[0]?.cutNetwork();
  await cluster.clock.advance(120_000);
  const ratios = scrape().filter(({ name }) => name === "limiquantix_node_cpu_usage_ratio");
  expect(ratios.length).toBe(1);
  expect(
    scrape()
      .filter(({ name }) => name === "limiquantix_node_ready")
      .map(({ value }) => value)
      .toSorted(),
  ).toEqual([0, 1]);
});

test("one sees the VMs that one may view, and not where they run unless one may view that", async () => {
  const spec = { cpu: { cores: 1 }, memory: { sizeMib: 128n }, disks: [{ sizeGib: 1n }] };
  const made = await Promise.all(["web-1", "web-2"].map((name) => cluster.client(VMService).createVM({ name, spec })));
  await cluster.settle();
  const viewer = cluster.user("viewer");
  await viewer.allow("read-only", { kind: "vm", id: made[0]?.vm?.id ?? "" });
  const seen = scrape(viewer.access).filter(({ labels }) => labels["id"]);
  expect(new Set(seen.map(({ labels }) => labels["name"]))).toEqual(new Set(["web-1"]));
  expect(seen.some(({ labels }) => "node" in labels || "cluster" in labels)).toBe(false);
  expect(scrape(noAccess).map(({ name }) => name)).toEqual(["limiquantix_build_info"]);
});

test("10,000 VMs come in blocks, each once, with names that want quoting", async () => {
  const clock = new FakeClock(0);
  const db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock, log: silentLog });
  const odd = 'we\\b"1\n{x}';
  await db.transact((tx) => {
    for (let i = 0; i < 10_000; i++) {
      tx.insert(vms, create(VirtualMachineSchema, { id: newId(), name: i === 0 ? odd : `vm-${i}` }));
    }
  });
  const hosts = {
    reachable: () => false,
    client: () => {
      throw new Error("there is no host");
    },
  };
  const recorder = new MetricsRecorder({ db, clock, log: silentLog, hosts });
  const blocks = [...expose({ db, clock, recorder, version: "1" }, fullAccess)];
  expect(Math.max(...blocks.map(({ length }) => length))).toBeLessThan(70_000);
  const samples = parse(blocks.join(""));
  expect(samples.length).toBe(1 + 10_000 * 3);
  expect(new Set(samples.map(({ name, labels }) => `${name}/${labels["id"]}`)).size).toBe(samples.length);
  expect(samples.some(({ labels }) => labels["name"] === odd)).toBe(true);
  await db[Symbol.asyncDispose]();
});
