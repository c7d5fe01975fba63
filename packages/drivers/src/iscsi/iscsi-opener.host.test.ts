import { Reason } from "@limiquantix/api";
import { MIB, newId } from "@limiquantix/kit";
import { reasonOf, SIZE, VolumeBench, work } from "@limiquantix/node/suites";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { groupName, groupTag } from "../lvm/lv-names.ts";
import { IscsiLab } from "../testing/iscsi-lab.ts";

const pool = newId();
let lab: IscsiLab;

// Each command takes a second there, and ten where others use the machine too.
vi.setConfig({ testTimeout: 900_000 });

beforeAll(async () => {
  lab = await IscsiLab.up();
});

afterAll(() => lab[Symbol.asyncDispose]());

const sessions = async () => (await lab.sh("iscsiadm -m session || true")).trim().split("\n").filter(Boolean);
const why = (work: Promise<unknown>) => work.then(String, (error: unknown) => String(error));

test("a wrong password, a target that is not there and a LUN that is not there are told apart", async () => {
  expect(await why(lab.open(pool, lab.spec({ chapPassword: "not-the-password" })))).toContain("authorization failure");
  expect(await why(lab.open(pool, lab.spec({ target: "iqn.2026-01.test.limiquantix:none" })))).toContain(
    "iqn.2026-01.test.limiquantix:pool",
  );
  expect(await why(lab.open(pool, lab.spec({ portals: ["127.0.0.1:3999"] })))).toContain("127.0.0.1:3999");
  expect(await sessions()).toEqual([]);
  expect(await lab.sh("find /etc/iscsi/nodes -type f")).toBe("");
});

test("a LUN that holds anything is left as it is", async () => {
  await lab.addLun(2, 64);
  await lab.sh("mkfs.ext4 -q -F /var/tmp/lun2.img");
  const before = await lab.sh("sha256sum /var/tmp/lun2.img");
  const work = lab.open(newId(), lab.spec({ lun: 2 }));
  expect(await reasonOf(work)).toBe(Reason.POOL_NOT_OURS);
  expect(await why(work)).toContain("ext4");
  expect(await lab.sh("sha256sum /var/tmp/lun2.img")).toBe(before);
});

test("an empty LUN is taken only where that was asked for, and found again by its name and mark", async () => {
  expect(await reasonOf(lab.open(pool, lab.spec({ initialize: false })))).toBe(Reason.POOL_NOT_OURS);
  const first = await lab.open(pool);
  const volumeId = newId();
  const signal = new AbortController().signal;
  await first.ensureVolume({ volumeId, sizeBytes: 64 * MIB, thick: false, signal, onProgress: () => {} });
  await first.attach(volumeId);
  // A daemon that is killed leaves its session and what is attached; the next one finds them.
  const [session] = await sessions();
  const second = await lab.open(pool, lab.spec({ initialize: false }));
  expect(await sessions()).toEqual([session]);
  expect((await second.listVolumes()).map((volume) => volume.volumeId)).toEqual([volumeId]);
  expect(await lab.sh(`test -b /dev/${groupName(pool)}/volume.${volumeId.replaceAll("-", "")} && echo active`)).toBe(
    "active\n",
  );
  // Another pool does not take it for its own.
  const other = lab.open(newId());
  expect(await reasonOf(other)).toBe(Reason.POOL_NOT_OURS);
  expect(await why(other)).toContain(groupName(pool));
});

test("a second host is refused, until the first lets go of it", async () => {
  const first = await lab.open(pool);
  const other = lab.open(pool, lab.spec(), "host-b");
  expect(await reasonOf(other)).toBe(Reason.POOL_UNAVAILABLE);
  expect(await why(other)).toContain("host-a");
  // Something of it is attached: nothing is let go of.
  await first[Symbol.asyncDispose]();
  expect((await sessions()).length).toBe(1);
  const again = await lab.open(pool);
  for (const { volumeId } of await again.listVolumes()) await again.detach(volumeId);
  await again[Symbol.asyncDispose]();
  expect(await sessions()).toEqual([]);
  expect(await lab.sh("find /etc/iscsi/nodes -type f")).toBe("");
  const second = await lab.open(pool, lab.spec({ initialize: false }), "host-b");
  expect((await second.listVolumes()).length).toBe(1);
  const marks = await lab.sh("vgs --foreign --noheadings -o vg_systemid,vg_tags");
  expect(marks.trim().split(/\s+/)).toEqual(["host-b", groupTag(pool)]);
  await second[Symbol.asyncDispose]();
});

// One life instead of the list of cases, whose 3,300 commands take 20 minutes and more here: that runs on a model of LVM,
// ../lvm/lvm-pool.host.test.ts.
test("a volume begins with an image, grows, is cloned, goes back, and outlives the daemon", async () => {
  const bench = new VolumeBench(await lab.fixture(pool));
  const others = await bench.ids();
  const image = await bench.image(4 * MIB, "image");
  const sizeBytes = 2 * SIZE;
  const volumeId = await bench.copy({ kind: "image", image });
  await bench.write(volumeId, { 1: "then" });
  await bench.backend.growVolume(volumeId, sizeBytes);
  const snapshotId = await bench.snapshot(volumeId);
  await bench.write(volumeId, { 0: "now", 100: "grown" });
  const clone = await bench.copy({ kind: "linked", volumeId, snapshotId }, { sizeBytes });
  await bench.write(clone, { 2: "clone" });
  const copy = await bench.copy({ kind: "volume", volumeId }, { sizeBytes });
  await bench.restart();
  await bench.sees(clone, { 0: "image", 1: "then", 2: "clone", 100: "" });
  await bench.sees(copy, { 0: "now", 1: "then", 2: "", 100: "grown" });
  expect(await bench.info(volumeId)).toMatchObject({ sizeBytes, imageId: image.imageId, snapshotIds: [snapshotId] });
  const { snapshots } = bench.backend;
  await snapshots?.revert(volumeId, snapshotId);
  await bench.sees(volumeId, { 0: "image", 1: "then", 100: "" });
  expect(await reasonOf(bench.backend.deleteVolume(volumeId))).toBe(Reason.IN_USE);
  for (const id of [clone, copy]) await bench.backend.deleteVolume(id);
  await snapshots?.delete(volumeId, snapshotId, work());
  await bench.backend.deleteVolume(volumeId);
  expect(await bench.ids()).toEqual(others);
  await bench.close();
});

test("the password is in no command line", () => {
  expect(lab.lines.length).toBeGreaterThan(10);
  expect(lab.lines.filter((line) => line.includes("secret"))).toEqual([]);
});

test("what is written while the target does not answer waits for it, and the thin pool stays well", async () => {
  const opened = await lab.open(pool);
  const volumeId = newId();
  const signal = new AbortController().signal;
  await opened.ensureVolume({ volumeId, sizeBytes: 64 * MIB, thick: false, signal, onProgress: () => {} });
  const source = await opened.attach(volumeId);
  if (source.kind !== "block") throw new Error(`a volume is a ${source.kind}`);
  expect(await lab.sh("cat /sys/class/iscsi_session/session*/recovery_tmo")).toBe("off\n");
  const writing = lab.sh(`kill -STOP $(pidof tgtd); dd if=/dev/zero of=${source.path} bs=1M count=8 oflag=direct 2>&1`);
  await lab.sh("until grep -q FAILED /sys/class/iscsi_session/session*/state; do sleep 0.5; done");
  await lab.sh("kill -CONT $(pidof tgtd)");
  expect(await writing).toContain("8+0 records out");
  expect(await lab.sh(`dmsetup status ${groupName(pool)}-pool-tpool`)).toContain(" rw ");
  expect((await opened.findVolume(volumeId))?.usedBytes).toBeGreaterThanOrEqual(8 * MIB);
  await opened.detach(volumeId);
  await opened.deleteVolume(volumeId);
  await opened[Symbol.asyncDispose]();
  expect(await sessions()).toEqual([]);
});

test("several portals are one device that outlives one of them", async () => {
  await lab.sh("ip addr add 127.0.0.2/8 dev lo; systemctl start multipathd");
  const opened = await lab.open(pool, lab.spec({ portals: ["127.0.0.1:3260", "127.0.0.2:3260"] }));
  expect((await sessions()).length).toBe(2);
  const paths = await lab.sh("lsblk -rno TYPE,NAME | grep -c mpath");
  expect(Number(paths)).toBeGreaterThanOrEqual(2);
  await lab.sh("iscsiadm -m node -p 127.0.0.2:3260 --logout >&2");
  const volumeId = newId();
  const signal = new AbortController().signal;
  await opened.ensureVolume({ volumeId, sizeBytes: 64 * MIB, thick: false, signal, onProgress: () => {} });
  expect((await opened.listVolumes()).map((volume) => volume.volumeId)).toEqual([volumeId]);
  await opened[Symbol.asyncDispose]();
  expect(await sessions()).toEqual([]);
});
