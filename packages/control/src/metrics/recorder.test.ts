import { create } from "@bufbuild/protobuf";
import { NodeSchema, VirtualMachineSchema } from "@limiquantix/api";
import { drain, FakeClock, newId, silentLog, type Log } from "@limiquantix/kit";
import { beforeEach, expect, test } from "vitest";
import { allTables } from "../all-tables.ts";
import type { Database } from "../store/database.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import { nodes, vms } from "../tables.ts";
import { MetricsRecorder, type HistoryFile } from "./recorder.ts";

const clock = new FakeClock(Date.UTC(2026, 0, 1));
const vmId = newId();
const nodeId = newId();
const vm = { kind: "vm", id: vmId } as const;
let db: Database;
let warnings: string[];
let log: Log;

/** A file system of one file. */
class OneFile implements HistoryFile {
  bytes: Uint8Array | undefined;
  writes = 0;

  async read(): Promise<Uint8Array | undefined> {
    return this.bytes;
  }

  async write(parts: Iterable<Uint8Array>): Promise<void> {
    this.bytes = Buffer.concat([...parts]);
    this.writes++;
  }
}

beforeEach(async () => {
  warnings = [];
  log = { ...silentLog, warn: (message) => void warnings.push(message) };
  db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock, log });
  await db.transact((tx) => {
    tx.insert(nodes, create(NodeSchema, { id: nodeId, hostname: "hv-1" }));
    tx.insert(vms, create(VirtualMachineSchema, { id: vmId, name: "web-1", status: { nodeId } }));
  });
});

const noHosts = {
  reachable: () => false,
  client: () => {
    throw new Error("there is no host");
  },
};

async function started(file: HistoryFile): Promise<MetricsRecorder> {
  const recorder = new MetricsRecorder({ db, clock, log, hosts: noHosts, file });
  await recorder.start();
  return recorder;
}

const read = (recorder: MetricsRecorder) =>
  recorder.history.find("vm", vmId)?.read(0, { startMs: clock.now() - 60_000, stepMs: 10_000, count: 7 });

test("the history outlives a restart, and what happened meanwhile is a gap", async () => {
  const file = new OneFile();
  const first = await started(file);
  for (let i = 0; i < 6; i++) {
    first.history.add(vm, [50], clock.now() - 10_000, clock.now());
    await clock.advance(10_000);
  }
  const before = read(first);
  await first.stop();
  const second = await started(file);
  expect(read(second)).toEqual(before);
  await clock.advance(30_000);
  second.history.add(vm, [50], undefined, clock.now());
  expect([...(read(second) ?? [])].map(Number.isNaN)).toEqual([false, false, false, true, true, true, false]);
  await second.stop();
  expect(warnings).toEqual([]);
});

test("it is written every few minutes, only when there is something new", async () => {
  const file = new OneFile();
  const recorder = await started(file);
  await clock.advance(600_000);
  expect(file.writes).toBe(0);
  recorder.history.add(vm, [1], undefined, clock.now());
  await clock.advance(900_000);
  expect(file.writes).toBe(1);
  await recorder.stop();
  expect(file.writes).toBe(1);
});

test("a damaged file is told of and left out", async () => {
  const file = new OneFile();
  const first = await started(file);
  first.history.add(vm, [1], undefined, clock.now());
  await first.stop();
  file.bytes?.set([1, 2, 3], 40);
  const second = await started(file);
  expect([second.history.size, warnings]).toEqual([
    0,
    ["the history of measurements could not be read: it begins anew"],
  ]);
  second.history.add(vm, [1], undefined, clock.now());
  await second.stop();
  expect((await started(file)).history.size).toBe(1);
});

test("of what is deleted nothing is kept, now and after a restart", async () => {
  const file = new OneFile();
  const recorder = await started(file);
  recorder.history.add(vm, [1], undefined, clock.now());
  await recorder.stop();
  const again = await started(file);
  again.loads.set("vm", vmId, { cpuPercent: 1, memoryMib: 1, atMs: clock.now() });
  expect(again.history.size).toBe(1);
  await db.transact((tx) => tx.delete(vms, vmId));
  await drain();
  expect([again.history.size, again.loads.find("vm", vmId, clock.now())]).toEqual([0, undefined]);
  // The file still has it: it was written before.
  expect((await started(file)).history.size).toBe(0);
});
