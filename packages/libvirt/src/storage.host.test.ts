import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  BOOT_DISK_BYTES,
  domainXml,
  echoBootSector,
  eventually,
  libvirtAddress,
  removeDomain,
  runName,
  scratchPool,
} from "../test/host/fixture.ts";
import type { ScratchPool } from "../test/host/fixture.ts";
import {
  Affect,
  BlockCommitFlag,
  BlockJobAbortFlag,
  BlockJobStatus,
  BlockJobType,
  BlockResizeFlag,
  Libvirt,
  openDedicatedStream,
  SnapshotCreateFlag,
  SnapshotDeleteFlag,
  VolumeStreamFlag,
} from "./index.ts";
import type { DomainRef, LibvirtStream, StorageVolRef, StreamHole } from "./index.ts";

const address = libvirtAddress();
const MIB = 1024 * 1024;
let libvirt: Libvirt;
let scratch: ScratchPool;

beforeAll(async () => {
  libvirt = await Libvirt.connect({ address });
  scratch = await scratchPool(libvirt, `${runName}-pool`);
});
afterAll(async () => {
  await scratch?.[Symbol.asyncDispose]();
  libvirt?.close();
});

async function createVolume(name: string, options: { format: "raw" | "qcow2"; bytes: number }): Promise<StorageVolRef> {
  const xml = `<volume><name>${name}</name><capacity>${options.bytes}</capacity><allocation>0</allocation>
    <target><format type="${options.format}"/>${options.format === "qcow2" ? "<compat>1.1</compat>" : ""}</target>
    </volume>`;
  return (await libvirt.call("STORAGE_VOL_CREATE_XML", { pool: scratch.pool, xml })).vol;
}

async function upload(vol: StorageVolRef, data: Uint8Array): Promise<void> {
  const args = { vol, length: data.length };
  await using stream = (await openDedicatedStream({ address }, "STORAGE_VOL_UPLOAD", args)).stream;
  await stream.write(data);
  await stream.finish();
}

async function contents(stream: LibvirtStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

test("a volume takes and gives back what is streamed, holes included", async () => {
  const vol = await createVolume("data.img", { format: "raw", bytes: 8 * MIB });
  expect(await libvirt.call("STORAGE_VOL_GET_INFO", { vol })).toMatchObject({ capacity: 8 * MIB });
  const data = randomBytes(3 * MIB + 17);
  await upload(vol, data);

  const down = await openDedicatedStream({ address, highWaterBytes: MIB }, "STORAGE_VOL_DOWNLOAD", { vol });
  const got = await contents(down.stream);
  expect(got.length).toBe(8 * MIB);
  expect(got.subarray(0, data.length).equals(data)).toBe(true);

  const sparse = await libvirt.stream("STORAGE_VOL_DOWNLOAD", { vol, flags: VolumeStreamFlag.SPARSE });
  const parts: (Uint8Array | StreamHole)[] = [];
  for await (const part of sparse.stream.parts()) parts.push(part);
  const holeBytes = parts.reduce((sum, part) => sum + ("holeBytes" in part ? part.holeBytes : 0), 0);
  expect(holeBytes).toBeGreaterThan(4 * MIB);

  const again = await createVolume("copy.img", { format: "raw", bytes: 8 * MIB });
  const up = await libvirt.stream("STORAGE_VOL_UPLOAD", { vol: again, flags: VolumeStreamFlag.SPARSE });
  for (const part of parts) await ("holeBytes" in part ? up.stream.writeHole(part.holeBytes) : up.stream.write(part));
  await up.stream.finish();
  const { stream } = await libvirt.stream("STORAGE_VOL_DOWNLOAD", { vol: again });
  expect((await contents(stream)).equals(got)).toBe(true);

  await libvirt.call("STORAGE_VOL_RESIZE", { vol, capacity: 16 * MIB });
  expect((await libvirt.call("STORAGE_VOL_GET_PATH", { vol })).name).toBe(`${scratch.path}/data.img`);
  const { vols } = await libvirt.call("STORAGE_POOL_LIST_ALL_VOLUMES", { pool: scratch.pool });
  expect(vols.map(({ name }) => name).toSorted()).toEqual(["copy.img", "data.img"]);
  for (const each of vols) await libvirt.call("STORAGE_VOL_DELETE", { vol: each });
  await libvirt.call("STORAGE_POOL_REFRESH", { pool: scratch.pool });
  expect(Number((await libvirt.call("STORAGE_POOL_GET_INFO", { pool: scratch.pool })).capacity)).toBeGreaterThan(0);
});

test("a stream given up in the middle leaves the connection usable", async () => {
  const vol = await createVolume("big.img", { format: "raw", bytes: 64 * MIB });
  const abort = new AbortController();
  const { stream } = await libvirt.stream("STORAGE_VOL_DOWNLOAD", { vol }, { signal: abort.signal });
  const reading = (async () => {
    for await (const _ of stream) abort.abort(new Error("enough"));
  })();
  await expect(reading).rejects.toThrow("enough");
  await stream.over;
  const second = await libvirt.stream("STORAGE_VOL_UPLOAD", { vol });
  await second.stream.write(randomBytes(MIB));
  await second.stream.abort();
  expect(await libvirt.call("CONNECT_GET_TYPE")).toEqual({ type: "QEMU" });
  await libvirt.call("STORAGE_VOL_DELETE", { vol });
});

test("an upload that does not fit is refused by finish or by a write", async () => {
  const vol = await createVolume("small.img", { format: "raw", bytes: MIB });
  const { stream } = await libvirt.stream("STORAGE_VOL_UPLOAD", { vol, length: 1000 });
  const sending = (async () => {
    await stream.write(randomBytes(2 * MIB));
    await stream.finish();
  })();
  await expect(sending).rejects.toMatchObject({ name: "LibvirtError", procedure: "STORAGE_VOL_UPLOAD" });
  await libvirt.call("STORAGE_VOL_DELETE", { vol });
});

async function domainWithDisk(name: string, vol: StorageVolRef, format: "raw" | "qcow2"): Promise<DomainRef> {
  const disk = `<disk type="file" device="disk"><driver name="qemu" type="${format}"/>
    <source file="${vol.key}"/><target dev="vda" bus="virtio"/></disk>`;
  const { dom } = await libvirt.call("DOMAIN_DEFINE_XML_FLAGS", { xml: domainXml(`${runName}-${name}`, disk) });
  await libvirt.call("DOMAIN_CREATE_WITH_FLAGS", { dom });
  return dom;
}

test("a console carries bytes both ways", async () => {
  const vol = await createVolume("echo.img", { format: "raw", bytes: BOOT_DISK_BYTES });
  await upload(vol, echoBootSector());
  const dom = await domainWithDisk("console", vol, "raw");
  try {
    const { stream } = await openDedicatedStream({ address }, "DOMAIN_OPEN_CONSOLE", { dom });
    let heard = "";
    const reading = (async () => {
      for await (const bytes of stream) heard += Buffer.from(bytes).toString("latin1");
    })();
    await eventually("the guest's answer", async () => {
      await stream.write(Buffer.from("a"));
      return heard.includes("A") ? true : undefined;
    });
    heard = "";
    await stream.write(Buffer.from("hello"));
    await eventually("the echo", async () => (heard.endsWith("HELLO") ? true : undefined));

    const second = libvirt.stream("DOMAIN_OPEN_CONSOLE", { dom, flags: 2 });
    await expect(second).rejects.toMatchObject({ name: "LibvirtError" });
    await libvirt.call("DOMAIN_DESTROY_FLAGS", { dom });
    await reading.catch(() => {});
    await stream.over;
  } finally {
    await removeDomain(libvirt, dom);
    await libvirt.call("STORAGE_VOL_DELETE", { vol });
  }
});

test("disks: hot-plug, statistics, limits, snapshot, commit, checkpoint, with their events", async () => {
  const vol = await createVolume("root.qcow2", { format: "qcow2", bytes: 16 * MIB });
  const extra = await createVolume("extra.qcow2", { format: "qcow2", bytes: 16 * MIB });
  const dom = await domainWithDisk("disks", vol, "qcow2");
  try {
    const added = await libvirt.events("DEVICE_ADDED", { subject: dom });
    const tuned = await libvirt.events("TUNABLE", { subject: dom });
    const jobs = await libvirt.events("BLOCK_JOB_2", { subject: dom });
    const xml = `<disk type="file" device="disk"><driver name="qemu" type="qcow2"/><source file="${extra.key}"/>
      <target dev="vdb" bus="virtio"/></disk>`;
    await libvirt.call("DOMAIN_ATTACH_DEVICE_FLAGS", { dom, xml, flags: Affect.LIVE });
    expect((await added.next()).value).toMatchObject({ devAlias: "virtio-disk1" });

    const size = 32 * MIB;
    await libvirt.call("DOMAIN_BLOCK_RESIZE", { dom, disk: "vdb", size, flags: BlockResizeFlag.BYTES });
    expect((await libvirt.call("DOMAIN_GET_BLOCK_INFO", { dom, path: "vdb" })).capacity).toBe(size);
    const { params } = await libvirt.call("DOMAIN_BLOCK_STATS_FLAGS", { dom, path: "vda" });
    expect(params.map(({ field }) => field)).toContain("rd_bytes");
    await libvirt.call("DOMAIN_SET_BLOCK_IO_TUNE", {
      dom,
      disk: "vda",
      params: [{ field: "total_bytes_sec", type: "ullong", value: 50 * MIB }],
      flags: Affect.LIVE,
    });
    expect((await tuned.next()).value).toMatchObject({
      params: expect.arrayContaining([{ field: "blkdeviotune.total_bytes_sec", type: "ullong", value: 50 * MIB }]),
    });
    const tune = await libvirt.call("DOMAIN_GET_BLOCK_IO_TUNE", { dom, disk: "vda" });
    expect(tune.params).toContainEqual({ field: "total_bytes_sec", type: "ullong", value: 50 * MIB });

    const overlay = `<domainsnapshot><disks>
      <disk name="vda" snapshot="external"><source file="${scratch.path}/overlay.qcow2"/></disk>
      <disk name="vdb" snapshot="no"/></disks></domainsnapshot>`;
    const flags = SnapshotCreateFlag.DISK_ONLY | SnapshotCreateFlag.ATOMIC;
    const { snap } = await libvirt.call("DOMAIN_SNAPSHOT_CREATE_XML", { dom, xml_desc: overlay, flags });
    expect((await libvirt.call("DOMAIN_LIST_ALL_SNAPSHOTS", { dom })).snapshots).toEqual([snap]);
    const commit = { dom, disk: "vda", flags: BlockCommitFlag.ACTIVE };
    await libvirt.call("DOMAIN_BLOCK_COMMIT", commit);
    const commitEvent = { dst: "vda", type: BlockJobType.ACTIVE_COMMIT };
    expect((await jobs.next()).value).toMatchObject({ ...commitEvent, status: BlockJobStatus.READY });
    expect(await libvirt.call("DOMAIN_GET_BLOCK_JOB_INFO", { dom, path: "vda" })).toMatchObject({ found: true });
    await libvirt.call("DOMAIN_BLOCK_JOB_ABORT", { dom, path: "vda", flags: BlockJobAbortFlag.PIVOT });
    expect((await jobs.next()).value).toMatchObject({ ...commitEvent, status: BlockJobStatus.COMPLETED });
    expect(await libvirt.call("DOMAIN_GET_BLOCK_JOB_INFO", { dom, path: "vda" })).toMatchObject({ found: false });
    await libvirt.call("DOMAIN_SNAPSHOT_DELETE", { snap, flags: SnapshotDeleteFlag.METADATA_ONLY });

    const point = "<domaincheckpoint><name>c1</name><disks><disk name='vda'/></disks></domaincheckpoint>";
    const { checkpoint } = await libvirt.call("DOMAIN_CHECKPOINT_CREATE_XML", { dom, xml_desc: point });
    expect(checkpoint).toMatchObject({ name: "c1" });
    const backup = `<domainbackup mode="push"><disks><disk name="vda" type="file">
      <target file="${scratch.path}/backup.qcow2"/><driver type="qcow2"/></disk></disks></domainbackup>`;
    await libvirt.call("DOMAIN_BACKUP_BEGIN", { dom, backup_xml: backup });
    await eventually("the end of the backup", async () => {
      const { type } = await libvirt.call("DOMAIN_GET_JOB_INFO", { dom });
      return type === 0 ? true : undefined;
    });
    await libvirt.call("DOMAIN_CHECKPOINT_DELETE", { checkpoint });
    expect((await libvirt.call("DOMAIN_LIST_ALL_CHECKPOINTS", { dom })).checkpoints).toEqual([]);
  } finally {
    await removeDomain(libvirt, dom);
  }
});
