import { create } from "@bufbuild/protobuf";
import { VmSpecSchema, VmStatus_PowerState as State, VmStatus_StopReason as StopReason } from "@limiquantix/api";
import { MIB, newId } from "@limiquantix/kit";
import type { DiskAttachment, DiskSource, DomainDefinition } from "@limiquantix/node";
import { execFile } from "node:child_process";
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { countingDisk, readCount } from "../testing/counting-guest.ts";
import { DiskFiles, type FileSource } from "../testing/disk-files.ts";
import { eventually, labHypervisor } from "../testing/lab.ts";
import { domainRef } from "./domain-ref.ts";
import type { LibvirtHypervisor } from "./libvirt-hypervisor.ts";

const run = promisify(execFile);
const libvirtd = join(import.meta.dirname, "../../../../tools/lab/libvirtd.sh");
const work = { signal: new AbortController().signal, onProgress: () => {} };
/** Enough for a job to be met in its middle at `SLOW_MIB_PER_SECOND`. */
const MUCH_MIB = 192;
const SLOW_MIB_PER_SECOND = 16;

let hypervisor: LibvirtHypervisor;
let disks: DiskFiles;
let vmId: string;
let definition: DomainDefinition;

beforeEach(async () => {
  hypervisor = await labHypervisor();
  disks = await DiskFiles.make();
  vmId = newId();
});
afterEach(async () => {
  await hypervisor.stop(vmId, "cut");
  await hypervisor.undefine(vmId);
  await hypervisor[Symbol.asyncDispose]();
  await disks[Symbol.asyncDispose]();
});

/** The counting guest, on two disks. */
async function define(first: DiskSource, second: DiskSource): Promise<void> {
  const spec = create(VmSpecSchema, {
    cpu: { cores: 1 },
    memory: { sizeMib: 64n },
    disks: [
      { id: "a", volumeId: newId(), bootIndex: 1 },
      { id: "b", volumeId: newId(), bootIndex: 2 },
    ],
    agent: { disabled: true },
  });
  definition = {
    vmId,
    name: "counting",
    mark: { generation: 1, reboots: 0, reverts: 0, spec, adopted: false },
    spec,
    disks: [first, second].map((source, i) => ({ disk: spec.disks[i]!, source })),
    cdroms: [],
    seed: undefined,
    nics: [],
  };
  await hypervisor.define(definition);
}

async function counting(second?: DiskSource): Promise<[FileSource, FileSource]> {
  const sources = [await countingDisk(disks, 16 * MIB), await disks.empty(16 * MIB)] as [FileSource, FileSource];
  if (second) sources[1] = second as FileSource;
  await define(...sources);
  await hypervisor.start(vmId);
  await goesOn(sources[0]);
  return sources;
}

/** Until the guest wrote some hundred numbers more. */
async function goesOn({ path, format }: FileSource): Promise<void> {
  const { last } = await readCount(disks, path, format);
  await eventually("the guest to write", async () => (await readCount(disks, path, format)).last > last + 300);
}

async function layersOver(sources: readonly FileSource[]): Promise<[FileSource, FileSource]> {
  return (await Promise.all(sources.map((source) => disks.layer(source)))) as [FileSource, FileSource];
}

const switchTo = (sources: readonly DiskSource[]) =>
  sources.map((source, i) => ({ disk: definition.disks[i]!.disk, source }));
const diskOf = (index: number): DiskAttachment["disk"] => definition.disks[index]!.disk;
const power = async () => (await hypervisor.find(vmId))?.power;

/** What the guest wrote to both disks is all there, up to the same number. */
async function bothWhole(first: FileSource, second: FileSource): Promise<number> {
  const [a, b] = [await readCount(disks, first.path, first.format), await readCount(disks, second.path, second.format)];
  expect({ a: a.lost, b: b.lost }).toEqual({ a: 0, b: 0 });
  // The first is written before the second.
  expect([0, 1]).toContain(a.last - b.last);
  return b.last;
}

/** A disk with much in it, in its own file. */
async function withMuch(source: FileSource): Promise<FileSource> {
  await run("qemu-io", ["-f", source.format, "-c", `write -P 0xab 8M ${MUCH_MIB}M`, source.path]);
  return source;
}

/** Until a job runs on the disk, to `to` if given, which is slow from then on; 0: as fast as it can. Asks all the time: a job may be over soon. */
async function setSpeed(target: string, mibPerSecond: number, to = ""): Promise<void> {
  const { connection } = hypervisor;
  const [dom, endsAt] = [domainRef(vmId), Date.now() + 60_000];
  const speed = { dom, path: target, bandwidth: BigInt(mibPerSecond), flags: 0 };
  for (;;) {
    const [{ xml }, { found }] = await Promise.all([
      connection.call("DOMAIN_GET_XML_DESC", { dom, flags: 0 }),
      connection.call("DOMAIN_GET_BLOCK_JOB_INFO", { dom, path: target, flags: 0 }),
    ]);
    if (found && xml.includes(to)) break;
    if (Date.now() > endsAt) throw new Error(`no job on ${target} within a minute`);
  }
  await connection.call("DOMAIN_BLOCK_JOB_SET_SPEED", speed);
}

async function job(target: string): Promise<string> {
  const { stdout, stderr } = await run("virsh", ["blockjob", vmId, target, "--info"]);
  return stdout + stderr;
}

/** As when the daemon is killed: its connection is gone, and with it whatever it was about to do. */
async function daemonDies(): Promise<void> {
  await hypervisor[Symbol.asyncDispose]();
  hypervisor = await labHypervisor();
}

describe("disks of a guest that writes all the time", { timeout: 120_000 }, () => {
  it("a snapshot of both disks is one instant, and what is written later does not show", async () => {
    const bases = await counting();
    const layers = await layersOver(bases);
    const { pausedMs } = await hypervisor.disks.snapshot(vmId, {
      switchTo: switchTo(layers),
      beneath: async () => {},
      memoryPath: undefined,
      quiesce: false,
    });
    const then = await bothWhole(...bases);
    await goesOn(layers[0]);
    expect(await bothWhole(...bases)).toBe(then);
    console.log(`snapshot of two switched disks: paused ${pausedMs} ms`);

    for (const i of [0, 1]) {
      const merge = { disk: diskOf(i), top: layers[i]!.path, base: bases[i]!.path, active: true };
      await hypervisor.disks.merge(vmId, merge, work);
    }
    await goesOn(bases[0]);
    await hypervisor.stop(vmId, "cut");
    expect(await bothWhole(...bases)).toBeGreaterThan(then + 300);
  });

  it("a disk that storage freezes is of the same instant as one that is switched", async () => {
    const bases = await counting();
    const layer = await disks.layer(bases[0]);
    const frozen = disks.path("frozen");
    const beneath = async () => void (await run("qemu-img", ["convert", "-U", "-O", "qcow2", bases[1].path, frozen]));
    const request = { switchTo: switchTo([layer]), beneath, memoryPath: undefined, quiesce: false };
    const { pausedMs } = await hypervisor.disks.snapshot(vmId, request);
    await goesOn(layer);
    await bothWhole(bases[0], { kind: "file", path: frozen, format: "qcow2" });
    const quick = await hypervisor.disks.snapshot(vmId, { ...request, switchTo: [], beneath: async () => {} });
    console.log(`paused ${pausedMs} ms with a copy by qemu-img beneath, ${quick.pausedMs} ms with nothing`);
    await hypervisor.stop(vmId, "cut");
    await bothWhole(layer, bases[1]);
  });

  it("the memory of a snapshot goes on with its disks as if nothing had happened", async () => {
    const bases = await counting();
    const memoryPath = disks.path("memory");
    const later = await layersOver(bases);
    const request = { switchTo: switchTo(later), beneath: async () => {}, memoryPath, quiesce: false };
    const { pausedMs } = await hypervisor.disks.snapshot(vmId, request);
    console.log(`with 64 MiB of memory: paused ${pausedMs} ms`);
    await goesOn(later[0]);
    const then = await bothWhole(...bases);
    for (let round = 0; round < 2; round++) {
      await hypervisor.stop(vmId, "cut");
      const again = await layersOver(bases);
      await define(...again);
      await hypervisor.start(vmId, { memoryPath });
      await goesOn(again[0]);
      await hypervisor.stop(vmId, "cut");
      // Memory of another instant would leave out numbers, or write some twice.
      expect(await bothWhole(...again)).toBeGreaterThan(then);
      expect(await bothWhole(...bases)).toBe(then);
    }
    expect((await stat(memoryPath)).mode & 0o077).toBe(0);
  });

  it("a paused guest has its memory in a snapshot as well, and its layers can be merged at once", async () => {
    const bases = await counting();
    await hypervisor.setPaused(vmId, true);
    const memoryPath = disks.path("memory");
    const layers = await layersOver(bases);
    const request = { switchTo: switchTo(layers), beneath: async () => {}, memoryPath, quiesce: false };
    expect((await hypervisor.disks.snapshot(vmId, request)).pausedMs).toBe(0);
    expect(await power()).toBe(State.PAUSED);
    const merge = { disk: diskOf(0), top: layers[0].path, base: bases[0].path, active: true };
    await hypervisor.disks.merge(vmId, merge, work);
    const to = await disks.empty(16 * MIB);
    await hypervisor.disks.copy(vmId, { disk: diskOf(1), to }, work);
    expect(await power()).toBe(State.PAUSED);
    const then = await bothWhole(bases[0], to);
    await hypervisor.setPaused(vmId, false);
    await goesOn(bases[0]);
    await hypervisor.stop(vmId, "cut");
    expect(await bothWhole(bases[0], to)).toBeGreaterThan(then);
  });

  it("a disk moves to another file while it is written", async () => {
    const bases = await counting(await withMuch(await disks.empty((MUCH_MIB + 16) * MIB)));
    const to = await disks.empty((MUCH_MIB + 16) * MIB, "raw");
    const percents: number[] = [];
    await hypervisor.disks.copy(
      vmId,
      { disk: diskOf(1), to },
      { ...work, onProgress: (percent) => percents.push(percent) },
    );
    const { last } = await readCount(disks, bases[1].path);
    await goesOn(bases[0]);
    expect((await readCount(disks, bases[1].path)).last).toBe(last);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    await hypervisor.stop(vmId, "cut");
    expect(await bothWhole(bases[0], to)).toBeGreaterThan(last + 200);
    await hypervisor.start(vmId);
    expect((await hypervisor.find(vmId))?.sources.get("b")).toBe(to.path);
  });

  it("a copy that is called off in its middle leaves the guest where it is", async () => {
    const bases = await counting(await withMuch(await disks.empty((MUCH_MIB + 16) * MIB)));
    const to = await disks.empty((MUCH_MIB + 16) * MIB);
    const off = new AbortController();
    const copying = hypervisor.disks.copy(vmId, { disk: diskOf(1), to }, { ...work, signal: off.signal });
    const over = expect(copying).rejects.toThrow("enough");
    await setSpeed("vdb", SLOW_MIB_PER_SECOND);
    off.abort(new Error("enough"));
    await over;
    expect(await job("vdb")).toContain("No current block job");
    await goesOn(bases[0]);
    await hypervisor.stop(vmId, "cut");
    await bothWhole(...bases);
  });

  it("a copy outlives the daemon and is joined; one to somewhere else is ended first", async () => {
    const bases = await counting(await withMuch(await disks.empty((MUCH_MIB + 16) * MIB)));
    const [to, elsewhere] = [await disks.empty((MUCH_MIB + 16) * MIB), await disks.empty((MUCH_MIB + 16) * MIB)];
    const first = hypervisor.disks.copy(vmId, { disk: diskOf(1), to: elsewhere }, work);
    const died = expect(first).rejects.toThrow();
    await setSpeed("vdb", SLOW_MIB_PER_SECOND);
    await daemonDies();
    await died;
    expect(await job("vdb")).toContain("Block Copy");
    expect(await hypervisor.disks.copying(vmId, diskOf(1))).toBe(elsewhere.path);
    expect(await hypervisor.disks.copying(vmId, diskOf(0))).toBeUndefined();

    const second = hypervisor.disks.copy(vmId, { disk: diskOf(1), to }, work);
    const diedToo = expect(second).rejects.toThrow();
    await setSpeed("vdb", SLOW_MIB_PER_SECOND, to.path);
    await daemonDies();
    await diedToo;
    const before = await job("vdb");
    expect(await hypervisor.disks.copying(vmId, diskOf(1))).toBe(to.path);
    const third = hypervisor.disks.copy(vmId, { disk: diskOf(1), to }, work);
    await setSpeed("vdb", 0);
    await third;
    expect(before).toContain("Block Copy");
    await goesOn(bases[0]);
    await hypervisor.stop(vmId, "cut");
    await bothWhole(bases[0], to);
  });

  it("a merge goes on while libvirtd is killed, and is joined", async () => {
    const base = await disks.empty((MUCH_MIB + 16) * MIB);
    const layer = await withMuch(await disks.layer(base));
    const [first] = await counting(layer);
    const merge = { disk: diskOf(1), top: layer.path, base: base.path, active: true };
    const merging = hypervisor.disks.merge(vmId, merge, work);
    const died = expect(merging).rejects.toThrow();
    await setSpeed("vdb", SLOW_MIB_PER_SECOND);
    await run(libvirtd, ["kill"]);
    await died;
    await run(libvirtd, ["start"]);
    await hypervisor.connection.connected();
    expect(await power()).toBe(State.RUNNING);
    expect(await job("vdb")).toContain("Active Block Commit");
    const again = hypervisor.disks.merge(vmId, merge, work);
    await setSpeed("vdb", 0);
    await again;
    expect((await hypervisor.find(vmId))?.sources.get("b")).toBe(base.path);
    await goesOn(first);
    await hypervisor.stop(vmId, "cut");
    await bothWhole(first, base);
  });

  it("layers below are merged while the daemon dies", async () => {
    const base = await disks.empty((MUCH_MIB + 16) * MIB);
    const middle = await withMuch(await disks.layer(base));
    const top = await disks.layer(middle);
    const [first] = await counting(top);
    const merge = { disk: diskOf(1), top: middle.path, base: base.path, active: false };
    const died = expect(hypervisor.disks.merge(vmId, merge, work)).rejects.toThrow();
    await setSpeed("vdb", SLOW_MIB_PER_SECOND);
    await daemonDies();
    await died;
    const again = hypervisor.disks.merge(vmId, merge, work);
    await setSpeed("vdb", 0);
    await again;
    await goesOn(first);
    await hypervisor.stop(vmId, "cut");
    await bothWhole(first, top);
    expect((await run("qemu-img", ["info", top.path])).stdout).toContain(`backing file: ${base.path}`);
  });

  it("a guest that was made to stand still goes on when the daemon dies meanwhile", async () => {
    const bases = await counting();
    const never = hypervisor.disks.snapshot(vmId, {
      switchTo: [],
      beneath: () => new Promise(() => {}),
      memoryPath: undefined,
      quiesce: false,
    });
    void never.catch(() => {});
    await eventually("the pause", async () => (await power()) === State.PAUSED);
    await daemonDies();
    await eventually("it to go on", async () => (await power()) === State.RUNNING);
    await goesOn(bases[0]);
    expect((await run("virsh", ["dumpxml", vmId])).stdout).not.toContain("lqxhold");
  });

  it("a guest whose storage is full stands still, and goes on by itself when there is room", async () => {
    const small = join(disks.directory, "small");
    await mkdir(small);
    await run("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", small]);
    try {
      const second: FileSource = { kind: "file", path: join(small, "b.raw"), format: "raw" };
      await run("qemu-img", ["create", "-q", "-f", "raw", second.path, "16M"]);
      const first = await countingDisk(disks, 16 * MIB);
      await define(first, second);
      await hypervisor.start(vmId);
      await eventually("the error", async () => (await power()) === State.PAUSED);
      expect((await hypervisor.find(vmId))?.stopReason).toBe(StopReason.IO_ERROR);
      await run("mount", ["-o", "remount,size=8m", small]);
      await eventually("it to go on", async () => (await readCount(disks, first.path)).last > 1500);
      expect(await power()).toBe(State.RUNNING);
      await hypervisor.stop(vmId, "cut");
      await bothWhole(first, second);
    } finally {
      await hypervisor.stop(vmId, "cut");
      await run("umount", [small]);
    }
  });

  it("a block device that grew is seen by the guest", async () => {
    const file = await disks.empty(16 * MIB, "raw");
    const device = (await run("losetup", ["--find", "--show", file.path])).stdout.trim();
    try {
      const second: DiskSource = { kind: "block", path: device, format: "raw" };
      const first = await countingDisk(disks, 16 * MIB);
      await define(first, second);
      await hypervisor.start(vmId);
      expect((await hypervisor.find(vmId))?.sources.get("b")).toBe(device);
      await run("truncate", ["-s", "32M", file.path]);
      await run("losetup", ["-c", device]);
      const resize = { kind: "resize-disk", disk: definition.disks[1]!, sizeBytes: 32 * MIB } as const;
      await hypervisor.applyLive(vmId, resize);
      await hypervisor.applyLive(vmId, resize);
      expect((await run("virsh", ["domblkinfo", vmId, "vdb"])).stdout).toMatch(/Capacity:\s+33554432/);
      const to = await disks.empty(32 * MIB);
      await hypervisor.disks.copy(vmId, { disk: diskOf(1), to }, work);
      await goesOn(first);
      await hypervisor.stop(vmId, "cut");
      await bothWhole(first, to);
    } finally {
      await hypervisor.stop(vmId, "cut");
      await run("losetup", ["-d", device]);
    }
  });
});
