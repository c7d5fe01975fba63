import { create } from "@bufbuild/protobuf";
import {
  CdromDeviceSchema,
  DiskDevice_Bus,
  DiskDeviceSchema,
  NetworkInterfaceSchema,
  Reason,
  VmSpecSchema,
  VmStatus_PowerState,
  VmStatus_StopReason,
} from "@limiquantix/api";
import { GIB, MIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import { openDedicatedStream } from "@limiquantix/libvirt";
import {
  type ByteStream,
  type DiskSource,
  type DomainDefinition,
  type HypervisorEvent,
  sourceName,
} from "@limiquantix/node";
import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noCloudSeed } from "../nocloud/seed.ts";
import { DiskFiles } from "../testing/disk-files.ts";
import { profiles } from "../testing/domain-profiles.ts";
import { eventually, labHypervisor, labSocket, tinyGuestImage } from "../testing/lab.ts";
import { domainRef } from "./domain-ref.ts";
import { LibvirtHypervisor } from "./libvirt-hypervisor.ts";

const run = promisify(execFile);
const { RUNNING, PAUSED, STOPPED, SUSPENDED, CRASHED } = VmStatus_PowerState;

let hypervisor: LibvirtHypervisor;
let files: DiskFiles;
let image: string;

beforeAll(async () => {
  hypervisor = await labHypervisor();
  files = await DiskFiles.make();
  image = await tinyGuestImage();
  await run("ip", ["link", "add", "lqxtest0", "type", "bridge"]);
}, 300_000);
afterAll(async () => {
  await run("ip", ["link", "del", "lqxtest0"]);
  for (const { vmId, power: state } of await hypervisor.list()) {
    if (state === RUNNING || state === PAUSED) await hypervisor.stop(vmId, "cut");
    await hypervisor.undefine(vmId);
  }
  await hypervisor[Symbol.asyncDispose]();
  await files[Symbol.asyncDispose]();
});

const seedFiles = new Map([
  ["user-data", "#cloud-config\nhostname: host-test\n"],
  ["meta-data", "instance-id: host-test\nlocal-hostname: host-test\n"],
]);

/** A tiny guest with a disk, an interface, an empty drive, and room to grow. */
async function tinyGuest(name: string): Promise<DomainDefinition> {
  const vmId = newId();
  const source = await files.layer({ kind: "file", path: image, format: "qcow2" });
  const seed: DiskSource = { kind: "file", path: files.path("iso"), format: "raw" };
  await writeFile(seed.path, noCloudSeed(seedFiles));
  const spec = create(VmSpecSchema, {
    cpu: { cores: 1, maxCores: 2 },
    memory: { sizeMib: 256n, maxMemoryMib: 1024n },
    disks: [{ id: newId(), volumeId: newId(), sizeGib: 4n, bus: DiskDevice_Bus.VIRTIO_BLK, bootIndex: 1 }],
    cdroms: [{ id: newId() }],
    nics: [{ id: newId(), macAddress: "52:54:00:12:34:01" }],
  });
  return {
    vmId,
    name,
    mark: { generation: 1, reboots: 0, reverts: 0, spec, adopted: false },
    spec,
    disks: spec.disks.map((disk) => ({ disk, source })),
    cdroms: spec.cdroms.map((cdrom) => ({ cdrom, path: undefined })),
    nics: spec.nics.map((nic) => ({ nic, bridge: "lqxtest0" })),
    seed,
  };
}

async function power(vmId: string): Promise<VmStatus_PowerState | undefined> {
  return (await hypervisor.find(vmId))?.power;
}

/** Reads a console until `pattern` appears. */
async function readUntil(console: ByteStream, pattern: RegExp): Promise<string> {
  let text = "";
  for await (const bytes of console.readable) {
    text += Buffer.from(bytes).toString("latin1");
    if (pattern.test(text)) return text;
  }
  throw new Error(`the console ended before ${pattern}; it said: ${text}`);
}

/** Its agent freezes the guest's file systems; one that hangs holds nothing up for long. */
async function quiesces(vmId: string): Promise<void> {
  const request = { switchTo: [], beneath: async () => {}, memoryPath: undefined, quiesce: true };
  const asked = await eventually("the agent", async () => {
    const result = await hypervisor.disks.snapshot(vmId, request);
    return (result.quiesced || !/no guest agent answers/.test(result.quiesceMessage)) && result;
  });
  expect(asked).toMatchObject({ quiesced: true, quiesceMessage: "" });
  const agent = async (command: object) =>
    run("virsh", ["qemu-agent-command", vmId, JSON.stringify(command), "--timeout", "5"]);
  expect((await agent({ execute: "guest-fsfreeze-status" })).stdout).toContain("thawed");
  const path = "/bin/sh";
  await agent({ execute: "guest-exec", arguments: { path, arg: ["-c", "kill -STOP $PPID"] } }).catch(() => {});
  const before = performance.now();
  const result = await hypervisor.disks.snapshot(vmId, request);
  expect(performance.now() - before).toBeLessThan(60_000);
  expect(result.quiesced).toBe(false);
  console.log(`an agent that hangs: ${Math.round(performance.now() - before)} ms, "${result.quiesceMessage}"`);
  expect(await power(vmId)).toBe(RUNNING);
}

async function drain(readable: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of readable);
}

describe("LibvirtHypervisor", () => {
  it("knows what it runs on, by trying", () => {
    expect(hypervisor.info).toMatchObject({ name: "libvirt", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    expect(hypervisor.info.emulatorVersion).toMatch(/^QEMU \d+/);
    const isEmulated = hypervisor.info.accelerator === "tcg";
    expect(hypervisor.info.acceleratorReason === "").toBe(!isEmulated);
    expect(hypervisor.capabilities).toMatchObject({ uefi: true, secureBoot: true, suspendToDisk: true });
  });

  it("says so when libvirt is not there", async () => {
    const options = {
      socket: "/nowhere",
      leases: undefined,
      clock: systemClock,
      log: silentLog,
      connectTimeoutMs: 300,
    };
    await expect(LibvirtHypervisor.connect(options)).rejects.toThrow("use libvirt at /nowhere");
  });

  it.each(Object.keys(profiles).filter((name) => !name.includes("kvm")))("defines %s", async (name) => {
    const { definition } = profiles[name]!;
    await hypervisor.define(definition);
    await hypervisor.define(definition);
    expect(await hypervisor.find(definition.vmId)).toMatchObject({ vmId: definition.vmId, power: STOPPED });
    await hypervisor.undefine(definition.vmId);
    await hypervisor.undefine(definition.vmId);
    expect(await hypervisor.find(definition.vmId)).toBeUndefined();
  });

  it("keeps hardware and libvirt name when the definition changes", async () => {
    const definition = await tinyGuest("before");
    await hypervisor.define(definition);
    const dump = async () => (await run("virsh", ["dumpxml", "--inactive", definition.vmId])).stdout;
    const before = await dump();
    const nics = [
      { nic: create(NetworkInterfaceSchema, { id: newId(), macAddress: "52:54:00:12:34:02" }), bridge: "lqxtest0" },
    ];
    await hypervisor.define({ ...definition, name: "after", nics: [...nics, ...definition.nics] });
    const after = await dump();
    const addressOf = (xml: string, near: string) =>
      new RegExp(`${near}[\\s\\S]*?<address (type='pci'[^>]*)>`).exec(xml)?.[1];
    expect(addressOf(after, "52:54:00:12:34:01")).toBe(addressOf(before, "52:54:00:12:34:01"));
    expect(addressOf(after, "<target dev='vda'")).toBe(addressOf(before, "<target dev='vda'"));
    expect(after).toContain(`<name>lqx-${definition.vmId.slice(-8)}-before</name>`);
    expect((await hypervisor.find(definition.vmId))?.name).toBe("after");
    await hypervisor.undefine(definition.vmId);
  });

  it("finds domains of others, adopts them, and lets them go", async () => {
    const vmId = newId();
    const disk = await files.empty(2 * GIB);
    const xml = `<domain type='qemu'><name>foreign</name><uuid>${vmId}</uuid><memory unit='MiB'>64</memory><vcpu>2</vcpu>
      <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>
      <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${disk.path}'/><target dev='vda' bus='virtio'/></disk>
      <interface type='bridge'><source bridge='lqxtest0'/><mac address='52:54:00:99:99:99'/><model type='e1000'/></interface></devices></domain>`;
    await run("sh", ["-c", 'printf %s "$0" >/tmp/foreign.xml; virsh define /tmp/foreign.xml', xml]);
    const found = (await hypervisor.list()).find((domain) => domain.vmId === vmId);
    expect(found).toMatchObject({ name: "foreign", mark: undefined, power: STOPPED });
    expect(found?.discoveredSpec).toMatchObject({
      cpu: { cores: 2 },
      memory: { sizeMib: 64n },
      disks: [{ id: "vda", sizeGib: 2n, bus: DiskDevice_Bus.VIRTIO_BLK }],
      nics: [{ macAddress: "52:54:00:99:99:99" }],
    });
    const mark = { generation: 7, reboots: 2, reverts: 1, spec: undefined, adopted: true };
    await hypervisor.setMark(vmId, mark, { live: true });
    expect((await hypervisor.find(vmId))?.mark).toEqual(mark);
    await hypervisor.undefine(vmId, { unmarkOnly: true });
    expect((await hypervisor.find(vmId))?.mark).toBeUndefined();
    await hypervisor.undefine(vmId);
  });

  it("refuses a second copy of a VM, whatever disks it has", async () => {
    const { definition } = profiles["minimal"]!;
    const [first, copy] = [newId(), newId()];
    await hypervisor.define({ ...definition, vmId: first });
    await hypervisor.start(first);
    // Another host would hold the lease of the same id; here it is another domain with that lease.
    const xml = (await run("virsh", ["dumpxml", "--inactive", first])).stdout;
    const twin = xml
      .replace(`<uuid>${first}</uuid>`, `<uuid>${copy}</uuid>`)
      .replaceAll(`lqx-${first.slice(-8)}-minimal`, "twin");
    await run("sh", ["-c", 'printf %s "$0" >/tmp/twin.xml; virsh define /tmp/twin.xml', twin]);
    await expect(hypervisor.start(copy)).rejects.toMatchObject({ reason: Reason.VM_LOCKED_ELSEWHERE });
    await hypervisor.stop(first, "cut");
    await hypervisor.start(copy);
    await expect(hypervisor.start(first)).rejects.toMatchObject({ reason: Reason.VM_LOCKED_ELSEWHERE });
    await hypervisor.stop(copy, "cut");
    await hypervisor.undefine(copy);
    await hypervisor.undefine(first);
  });

  it("lives through a libvirtd that is killed, and so do the guests", { timeout: 60_000 }, async () => {
    const { definition } = profiles["minimal"]!;
    const vmId = newId();
    await hypervisor.define({ ...definition, vmId });
    await hypervisor.start(vmId);
    const stop = new AbortController();
    const kinds: string[] = [];
    const watching = (async () => {
      for await (const { kind } of hypervisor.watch(stop.signal)) kinds.push(kind);
    })();
    await eventually("the watch", async () => kinds.includes("connected"));
    const libvirtd = join(import.meta.dirname, "../../../../tools/lab/libvirtd.sh");
    const secretId = newId();
    await hypervisor.secrets.set({ secretId, kind: "ceph", usage: "p", value: Buffer.from("key") });
    await run(libvirtd, ["kill"]);
    await eventually("the loss", async () => kinds.includes("disconnected"));
    await expect(hypervisor.list()).rejects.toMatchObject({ reason: Reason.UNAVAILABLE });
    await expect(hypervisor.find(vmId)).rejects.toMatchObject({ reason: Reason.UNAVAILABLE });
    await run(libvirtd, ["start"]);
    await eventually("the return", async () => kinds.lastIndexOf("connected") > kinds.lastIndexOf("disconnected"));
    expect(await power(vmId)).toBe(RUNNING);
    await eventually("the key", async () => (await run("virsh", ["secret-list"])).stdout.includes(secretId));
    await hypervisor.secrets.delete(secretId);
    expect((await run("virsh", ["secret-list"])).stdout).not.toContain(secretId);
    const before = kinds.length;
    await hypervisor.stop(vmId, "cut");
    await eventually("an event", async () => kinds.slice(before).includes("domain"));
    await hypervisor.start(vmId);
    await hypervisor.stop(vmId, "cut");
    await hypervisor.undefine(vmId);
    stop.abort();
    await watching;
  });

  it("runs a guest through its life", { timeout: 240_000 }, async () => {
    const definition = await tinyGuest("life");
    const { vmId } = definition;
    const stop = new AbortController();
    const events: HypervisorEvent[] = [];
    const watching = (async () => {
      for await (const event of hypervisor.watch(stop.signal)) events.push(event);
    })();
    await eventually("the watch", async () => events.some(({ kind }) => kind === "connected"));

    await hypervisor.define(definition);
    await expect(hypervisor.consoles.open(vmId, "serial")).rejects.toMatchObject({
      reason: Reason.CONSOLE_VM_NOT_RUNNING,
    });
    await hypervisor.start(vmId);
    const running = await hypervisor.find(vmId);
    expect(running).toMatchObject({ power: RUNNING, accelerator: hypervisor.info.accelerator });
    expect(running?.mark).toEqual(definition.mark);
    expect(running?.liveMark).toEqual(definition.mark);
    expect(running?.hostInterfaces.get("52:54:00:12:34:01")).toMatch(/^vnet\d+$/);
    expect(events).toContainEqual({ kind: "domain", vmId });
    await expect(hypervisor.undefine(vmId)).rejects.toMatchObject({ reason: Reason.HYPERVISOR_REFUSED });
    await expect(hypervisor.start(vmId)).rejects.toMatchObject({ reason: Reason.HYPERVISOR_REFUSED });

    await using first = await hypervisor.consoles.open(vmId, "serial");
    const firstEnds = readUntil(first, /never/).catch((error: unknown) => String(error));
    await using second = await hypervisor.consoles.open(vmId, "serial");
    expect(await firstEnds).toContain("the console ended before");
    expect(await readUntil(second, /login:/)).toContain("host-test");
    await using vnc = await hypervisor.consoles.open(vmId, "vnc");
    expect(await readUntil(vnc, /RFB 003\.\d{3}\n/)).toBeTruthy();
    expect(await hypervisor.consoles.log(vmId, 1000)).toContain("qemu-system");

    await hypervisor.stats();
    const usage = await eventually("CPU usage", async () => {
      const measured = (await hypervisor.stats()).get(vmId);
      return measured && measured.cpuPercent > 0 && measured;
    });
    expect(Number(usage.memoryHostMib)).toBeGreaterThan(50);
    expect(Number(usage.diskReadBytes)).toBeGreaterThan(MIB);

    await hypervisor.setPaused(vmId, true);
    await hypervisor.setPaused(vmId, true);
    expect(await power(vmId)).toBe(PAUSED);
    await hypervisor.setPaused(vmId, false);
    expect(await power(vmId)).toBe(RUNNING);

    await hypervisor.setMark(vmId, { ...definition.mark, generation: 2 }, { live: true });
    expect((await hypervisor.find(vmId))?.liveMark?.generation).toBe(2);

    await hypervisor.stop(vmId, "save");
    expect(await hypervisor.find(vmId)).toMatchObject({ power: SUSPENDED, stopReason: VmStatus_StopReason.SAVED });
    await hypervisor.start(vmId);
    expect(await power(vmId)).toBe(RUNNING);

    await hypervisor.reset(vmId);
    await using third = await hypervisor.consoles.open(vmId, "serial");
    await readUntil(third, /login:/);
    await hypervisor.stop(vmId, "ask");
    await eventually("the guest to shut down", async () => (await power(vmId)) === STOPPED);
    expect((await hypervisor.find(vmId))?.stopReason).toBe(VmStatus_StopReason.GUEST_SHUTDOWN);

    stop.abort();
    await watching;
    await hypervisor.undefine(vmId);
    expect(await readdir("/var/lib/limiquantix/leases")).not.toContain(vmId);
    expect((await readdir("/var/log/libvirt/qemu")).filter((name) => name.includes("-life-serial"))).toEqual([]);
  });

  it("hands a serial console over as often as one likes, and takes it from nobody else", async () => {
    const { definition } = profiles["minimal"]!;
    const vmId = newId();
    await hypervisor.define({ ...definition, vmId });
    await hypervisor.start(vmId);
    const libvirtd = () => readFile("/run/libvirt/libvirtd.pid", "utf8");
    const before = await libvirtd();
    const ended: Promise<void>[] = [];
    for (let turn = 0; turn < 100; turn++) {
      const opened = await Promise.all([1, 2, 3].map(() => hypervisor.consoles.open(vmId, "serial")));
      for (const { readable } of opened) ended.push(drain(readable));
    }
    const last = await hypervisor.consoles.open(vmId, "serial");
    await Promise.all(ended);
    await last[Symbol.asyncDispose]();
    const at = { address: { socket: labSocket() } };
    const { stream: others } = await openDedicatedStream(at, "DOMAIN_OPEN_CONSOLE", { dom: domainRef(vmId) });
    await expect(hypervisor.consoles.open(vmId, "serial")).rejects.toMatchObject({ reason: Reason.CONSOLE_IN_USE });
    await others.abort();
    await (await hypervisor.consoles.open(vmId, "serial"))[Symbol.asyncDispose]();
    expect(await libvirtd()).toBe(before);
    await hypervisor.stop(vmId, "cut");
    await hypervisor.undefine(vmId);
  });

  it("changes a running guest", { timeout: 240_000 }, async () => {
    const definition = await tinyGuest("change");
    const { vmId } = definition;
    await hypervisor.define(definition);
    await hypervisor.start(vmId);
    await using console = await hypervisor.consoles.open(vmId, "serial");
    await readUntil(console, /login:/);
    const dump = async () => (await run("virsh", ["dumpxml", vmId])).stdout;
    const twice = async (change: Parameters<typeof hypervisor.applyLive>[1]) => {
      await hypervisor.applyLive(vmId, change);
      await hypervisor.applyLive(vmId, change);
    };
    const restart = { reason: Reason.NEEDS_RESTART };

    await twice({ kind: "cpu", cores: 2 });
    expect(await dump()).toMatch(/<vcpu [^>]*>2<\/vcpu>/);
    await expect(hypervisor.applyLive(vmId, { kind: "cpu", cores: 1 })).rejects.toMatchObject(restart);
    await expect(hypervisor.applyLive(vmId, { kind: "cpu", cores: 3 })).rejects.toMatchObject(restart);
    await twice({ kind: "memory", sizeMib: 512 });
    expect(await dump()).toContain("<memory unit='KiB'>524288</memory>");
    await expect(hypervisor.applyLive(vmId, { kind: "memory", sizeMib: 256 })).rejects.toMatchObject(restart);
    await expect(hypervisor.applyLive(vmId, { kind: "memory", sizeMib: 2048 })).rejects.toMatchObject(restart);

    for (const bus of [DiskDevice_Bus.VIRTIO_BLK, DiskDevice_Bus.VIRTIO_SCSI]) {
      const source = await files.empty(GIB);
      const disk = create(DiskDeviceSchema, { id: newId(), volumeId: newId(), bus });
      await twice({ kind: "attach-disk", disk: { disk, source } });
      expect((await hypervisor.find(vmId))?.sources.get(disk.id)).toBe(source.path);
      await twice({ kind: "resize-disk", disk: { disk, source }, sizeBytes: 2 * GIB });
      expect((await run("qemu-img", ["info", "-U", source.path])).stdout).toContain("2 GiB");
      await twice({
        kind: "io-limits",
        disk: { ...disk, ioLimits: create(DiskDeviceSchema, { ioLimits: { readIops: 77n } }).ioLimits },
      });
      expect(await dump()).toContain("<read_iops_sec>77</read_iops_sec>");
      await twice({ kind: "detach-disk", disk });
      expect(await dump()).not.toContain(source.path);
    }
    const sata = create(DiskDeviceSchema, { id: newId(), bus: DiskDevice_Bus.SATA });
    const onSata = { disk: sata, source: { kind: "file", path: "/nowhere", format: "qcow2" } as const };
    await expect(hypervisor.applyLive(vmId, { kind: "attach-disk", disk: onSata })).rejects.toMatchObject(restart);

    const nic = create(NetworkInterfaceSchema, { id: newId(), macAddress: "52:54:00:12:34:09" });
    await twice({ kind: "attach-nic", nic: { nic, bridge: "lqxtest0" } });
    // What the guest sees it at is where it is after the next start as well.
    const addressOf = (xml: string) => /52:54:00:12:34:09[\s\S]*?<address (type='pci'[^>]*)>/.exec(xml)?.[1];
    await hypervisor.define({ ...definition, nics: [...definition.nics, { nic, bridge: "lqxtest0" }] });
    const stored = (await run("virsh", ["dumpxml", "--inactive", vmId])).stdout;
    expect(addressOf(stored)).toBe(addressOf(await dump()));
    await twice({ kind: "link", nic: { ...nic, disconnected: true } });
    expect(await dump()).toMatch(/52:54:00:12:34:09[\s\S]*<link state='down'\/>/);
    await twice({ kind: "detach-nic", nic });
    expect(await dump()).not.toContain("52:54:00:12:34:09");
    await twice({ kind: "link", nic: { ...definition.nics[0]!.nic, disconnected: true } });

    const iso = definition.seed ? sourceName(definition.seed) : "";
    const cdrom = create(CdromDeviceSchema, { id: definition.cdroms[0]!.cdrom.id });
    await twice({ kind: "media", cdrom: { cdrom, path: iso } });
    expect((await dump()).split(iso).length).toBe(3);
    await twice({ kind: "media", cdrom: { cdrom, path: undefined } });
    expect((await dump()).split(iso).length).toBe(2);

    const pid = (await run("sh", ["-c", "cat /run/libvirt/qemu/*-change.pid"])).stdout.trim();
    await quiesces(vmId);
    process.kill(Number(pid), "SIGKILL");
    await eventually("the crash to be seen", async () => (await power(vmId)) === CRASHED);
    await hypervisor.undefine(vmId);
  });
});
