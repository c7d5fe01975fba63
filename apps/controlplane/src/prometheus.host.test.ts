import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import {
  AuthService,
  fromConnectError,
  Metric_Name as Name,
  MetricsService,
  Node_Phase,
  NodeService,
  Reason,
  SystemService,
  VMService,
  VmStatus_PowerState,
  type MetricsFrame,
} from "@limiquantix/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prometheusApi } from "./prometheus-api.ts";
import { Prometheus } from "./test-suites/prometheus.ts";
import { startSimHost } from "./test-suites/sim-host.ts";
import { startControlPlane, type Program } from "./test-suites/start.ts";

/** A real Prometheus scrapes the real control plane as the how-to says, and its history comes back through the API. */
const root = join(import.meta.dirname, "../../..");
const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;
const mib = 1024 * 1024;
const run = promisify(execFile);

let directory: string;
let prometheus: Prometheus;
let program: Program;
let host: Awaited<ReturnType<typeof startSimHost>>;
let token: string;
let howTo: string;
let [vmId, nodeId] = ["", ""];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-scraped-"));
  howTo = await readFile(join(root, "docs/how-to/prometheus.md"), "utf8");
  prometheus = await Prometheus.prepare();
  const data = join(directory, "data");
  const ask = ["--prometheus-url", prometheus.url, "--prometheus-basic-auth-file", prometheus.secretFile];
  const https = ["--https-listen", "127.0.0.1:0", "--public-name", "127.0.0.1"];
  program = await startControlPlane("--data", data, ...https, ...ask, "--prometheus-ca", prometheus.caFile);
  const joinToken = (await readFile(join(data, "first-join-token"), "utf8")).trim();
  host = await startSimHost({ controlPlane: program.url, joinToken, tls: true });
  const password = /password: (\S+)/.exec(await readFile(join(data, "first-login"), "utf8"))?.[1] ?? "";
  ({ token } = await client(AuthService).login({ username: "admin", password }));
  nodeId = await until("the host is READY", async () => {
    const { nodes } = await client(NodeService).listNodes({});
    return nodes[0]?.status?.phase === Node_Phase.READY && nodes[0].id;
  });
  const spec = { cpu: { cores: 1 }, memory: { sizeMib: 256n }, disks: [{ sizeGib: 1n }] };
  vmId = (await client(VMService).createVM({ name: "web-1", spec, startOnCreate: true })).vm?.id ?? "";
  await until("the VM runs", async () => {
    return (await client(VMService).getVM({ id: vmId })).status?.state === VmStatus_PowerState.RUNNING;
  });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
  await program[Symbol.asyncDispose]();
  await prometheus[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

function client<S extends Parameters<typeof createClient>[0]>(service: S) {
  const transport = createConnectTransport({
    baseUrl: program.url,
    httpVersion: "2",
    interceptors: [
      (next) => (request) => {
        if (token) request.header.set("authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return createClient(service, transport);
}

async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    const answer = await ask();
    if (answer) return answer;
  }
  throw new Error(`${what}: not within a minute. ${prometheus.said}`);
}

async function lqx(...words: string[]): Promise<string> {
  const env = { ...process.env, HOME: directory, LIMIQUANTIX_SERVER: program.url, LIMIQUANTIX_TOKEN: token };
  return (await run(join(root, "bin/lqx"), words, { env })).stdout;
}

/** What the how-to says after a heading, in a language. */
function block(heading: string, language: string): string {
  const text = howTo.slice(howTo.indexOf(heading));
  return new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text)?.[1] ?? "";
}

function history(options: {
  backMs: number;
  toMs?: number;
  kind?: string;
  id?: string;
  metric: Name;
}): Promise<MetricsFrame> {
  const { backMs, toMs = Date.now(), kind = "vm", id = vmId, metric } = options;
  return client(MetricsService).queryMetrics({
    targets: [{ kind, id }],
    metrics: [metric],
    from: timestampFromMs(Date.now() - backMs),
    to: timestampFromMs(toMs),
    maxPoints: 1000,
  });
}

const valueAt = (frame: MetricsFrame, agoMs: number) =>
  frame.series[0]?.values[Math.floor((Date.now() - agoMs - timestampMs(frame.start!)) / 1000 / frame.stepSeconds)];

/** Ten days: a VM that was renamed five days ago, that read 1000 B/s, and of which nothing is known for the third day. */
function past(): string {
  const lines: Record<string, string[]> = { info: [], memory: [], read: [], ratio: [], cpus: [] };
  const now = Math.floor(Date.now() / minuteMs) * minuteMs;
  for (let at = now - 10 * dayMs; at < now - dayMs / 4; at += minuteMs) {
    const seconds = at / 1000;
    lines["info"]!.push(`limiquantix_build_info{version="0"} 1 ${seconds}`);
    if (at >= now - 3 * dayMs && at < now - 2 * dayMs) continue;
    const labels = `{id="${vmId}",name="${at < now - 5 * dayMs ? "old" : "web-1"}"}`;
    lines["memory"]!.push(`limiquantix_vm_memory_used_bytes${labels} ${123 * mib} ${seconds}`);
    lines["read"]!.push(`limiquantix_vm_disk_read_bytes_total${labels} ${at - now + 10 * dayMs} ${seconds}`);
    lines["ratio"]!.push(`limiquantix_node_cpu_usage_ratio{id="${nodeId}"} 0.25 ${seconds}`);
    lines["cpus"]!.push(`limiquantix_node_cpus{id="${nodeId}"} 8 ${seconds}`);
  }
  // Samples of one series have to be in order, and series one after the other.
  const sorted = (samples: string[]) =>
    Map.groupBy(samples, (line) => line.slice(0, line.indexOf("}")))
      .values()
      .toArray()
      .flat();
  const of = (name: string, type: string, key: string) => `# TYPE ${name} ${type}\n${sorted(lines[key]!).join("\n")}\n`;
  return `${of("limiquantix_build_info", "gauge", "info")}${of("limiquantix_vm_memory_used_bytes", "gauge", "memory")}${of(
    "limiquantix_vm_disk_read_bytes",
    "counter",
    "read",
  )}${of("limiquantix_node_cpu_usage_ratio", "gauge", "ratio")}${of("limiquantix_node_cpus", "gauge", "cpus")}# EOF\n`;
}

test("before there is a Prometheus, the last day is there, and it is told what is missing", async () => {
  const frame = await history({ backMs: 7 * dayMs, metric: Name.MEMORY_USED });
  expect(frame.missing).toContain("ECONNREFUSED");
  const { metricsHistory } = await client(SystemService).getSystemInfo({});
  expect(metricsHistory).toMatchObject({
    source: "prometheus",
    problem: expect.stringContaining("ECONNREFUSED") as string,
  });
  // Where it is nobody has to know.
  expect(frame.missing + metricsHistory?.problem).not.toContain("127.0.0.1");
});

test("the how-to's commands and its configuration: Prometheus scrapes what its account may see", async () => {
  for (const line of block("## 1.", "sh").trim().split("\n")) {
    const [, words = "", file = ""] = /^lqx (.*?)(?: > (\S+))?$/.exec(line) ?? [];
    const out = await lqx(...words.split(" "));
    if (file) await writeFile(join(prometheus.directory, file), out);
  }
  const configuration = block("## 1.", "yaml")
    .replaceAll("/etc/prometheus/", `${prometheus.directory}/`)
    .replace("control.example:8443", new URL(program.httpsUrl).host)
    .replace("scrape_interval: 15s", "scrape_interval: 1s\n    scrape_timeout: 1s");
  await prometheus.backfill(past());
  await prometheus.start(configuration);
  const { url, secretFile: basicAuthFile, caFile } = prometheus;
  const api = prometheusApi({ url, basicAuthFile, caFile, tokenFile: undefined });
  const scraped = await until("the VM is scraped", async () => {
    const query = `limiquantix_vm_running{id="${vmId}"} == 1`;
    const text = await api.ask("/api/v1/query", { query }, new AbortController().signal);
    return (JSON.parse(text) as { data: { result: { metric: object }[] } }).data.result[0]?.metric;
  });
  expect(scraped).toMatchObject({ name: "web-1", project: "default", node: "sim-1", job: "limiquantix" });
  for (const name of [
    "limiquantix_node_ready",
    "limiquantix_pool_size_bytes",
    "limiquantix_rpc_duration_seconds_count",
  ]) {
    await until(name, async () => {
      const text = await api.ask("/api/v1/query", { query: `count(${name})` }, new AbortController().signal);
      return text.includes('"value"');
    });
  }
  // Nothing that it says is wrong with the format.
  expect(prometheus.said).not.toMatch(/scrape/i);
});

test("what is older than a day comes out of Prometheus; gaps are gaps; the last day is our own", async () => {
  await until("the control plane found Prometheus", async () => {
    return (await client(SystemService).getSystemInfo({})).metricsHistory?.problem === "";
  });
  const week = await history({ backMs: 7 * dayMs, metric: Name.MEMORY_USED });
  expect(week.missing).toBe("");
  // Under its old name and its new one.
  expect([6, 4, 1.5].map((days) => valueAt(week, days * dayMs))).toEqual(Array(3).fill(123 * mib));
  expect(valueAt(week, 2.5 * dayMs)).toBeNaN();
  const own = await history({ backMs: 10 * minuteMs, metric: Name.MEMORY_USED });
  const newest = own.series[0]?.values.findLast((value) => !Number.isNaN(value)) ?? NaN;
  const last = week.series[0]?.values.findLast((value) => !Number.isNaN(value)) ?? NaN;
  expect(last / newest).toBeCloseTo(1, 1);
  expect(last).not.toBe(123 * mib);
  const kept = Date.now() - timestampMs(week.keptSince!);
  expect(Math.abs(kept - 10 * dayMs)).toBeLessThan(dayMs / 2);
  expect(timestampMs(week.since!)).toBe(timestampMs(week.start!));

  const read = await history({ backMs: 8 * dayMs, metric: Name.DISK_READ });
  expect(valueAt(read, 7 * dayMs)).toBeCloseTo(1000, 0);
  const all = await history({ backMs: 7 * dayMs, kind: "root", id: "", metric: Name.CPU });
  expect(valueAt(all, 4 * dayMs)).toBeCloseTo(25, 3);
});

test("lqx shows it, and says where it comes from", async () => {
  const shown = await lqx("metrics", "show", "vm/web-1", "--since", "7d", "--metric", "memory-used");
  expect(shown).toMatch(/memory-used .*123 MiB/);
  expect(await lqx("system", "info")).toMatch(/Measurements:\s+prometheus, since \d{4}-/);
});

test("Prometheus is gone: the last day is still there, an older time is an error that says so", async () => {
  await prometheus.stop();
  const week = await history({ backMs: 7 * dayMs, metric: Name.MEMORY_USED });
  expect(week.missing).toContain("ECONNREFUSED");
  expect(valueAt(week, 4 * dayMs)).toBeNaN();
  expect(week.series[0]?.values.some((value) => value > 0)).toBe(true);
  const older = history({ backMs: 7 * dayMs, toMs: Date.now() - 2 * dayMs, metric: Name.MEMORY_USED });
  expect(await older.catch(fromConnectError)).toMatchObject({ reason: Reason.METRICS_HISTORY_UNAVAILABLE });
});
