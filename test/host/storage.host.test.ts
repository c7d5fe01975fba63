import { StoragePoolService, VmStatus_PowerState as State } from "@limiquantix/api";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CountingVms } from "./counting-vms.ts";
import { type LabCeph, stackWithCeph } from "./lab-ceph.ts";
import { type Stack, until } from "./stack.ts";

/** Each kind of pool, by `lqx`, on real libvirt, QEMU and servers, with guests whose disks show every lost write. */
let stack: Stack;
let ceph: LabCeph;
let vms: CountingVms;

beforeAll(async () => {
  ({ stack, ceph } = await stackWithCeph());
  vms = await CountingVms.make(stack, (source) => ceph.imageName(source));
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await vms?.[Symbol.asyncDispose]();
  await ceph?.[Symbol.asyncDispose]();
});

interface Vm {
  spec: { disks: { volumeId: string; sizeGib: string; storagePoolId: string }[] };
  status: { state: string };
}
interface Volume {
  id: string;
  name: string;
  spec: { sizeBytes: string };
  status: { phase: string; attachedVmId?: string };
}
interface Snapshots {
  snapshots: { id: string; name: string; parentId?: string; phase: string; memoryIncluded?: boolean }[];
  currentSnapshotId?: string;
}

const lqx = (...args: string[]) => stack.lqx([...args, "--wait"]);
const disksOf = async (vm: string) => (await stack.json<Vm>("vm", "get", vm)).spec.disks;
const volumesIn = (pool: string) => stack.json<Volume[]>("volume", "list", "--pool", pool);
const tree = (vm: string) => stack.json<Snapshots>("snapshot", "list", vm);

/** What lies in the pool but for what it keeps of images, and for what says whose it is. */
const kinds = {
  dir: {
    add: () => lqx("pool", "add", "local", "dir", "--path", join(stack.directory, "dir"), "--all-nodes"),
    left: async () => {
      const entries = await readdir(join(stack.directory, "dir"), { withFileTypes: true, recursive: true });
      const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      return files.filter((path) => !path.includes("/images/") && !path.endsWith("/.limiquantix-pool.json"));
    },
  },
  ceph: {
    add: () => ceph.add(stack, "ceph"),
    left: async () => (await ceph.images()).filter((name) => !name.startsWith("lqx-image-")),
  },
};

describe.each(Object.entries(kinds))("a pool: %s", (pool, kind) => {
  const vm = `${pool}-1`;

  test("is added, and has space", async () => {
    await kind.add();
    const { pools } = await stack.client(StoragePoolService).listPools({});
    const status = pools.find(({ name }) => name === pool)?.status;
    expect(status?.capacity?.availableBytes).toBeGreaterThan(1_000_000_000n);
    expect(await stack.lqx(["pool", "get", pool])).toMatch(/State:? +READY/);
  });

  test("has a VM that writes", async () => {
    await vms.create(vm, pool);
    expect(await volumesIn(pool)).toMatchObject([{ status: { phase: "ATTACHED" } }]);
    await expect(stack.lqx(["pool", "delete", pool, "--yes"])).rejects.toThrow();
  });

  test("snapshots while it writes, one with memory; back to both; and the tree", async () => {
    await lqx("snapshot", "create", vm, "disks");
    const between = await vms.goesOn(vm);
    await lqx("snapshot", "create", vm, "memory", "--memory");
    const later = await vms.goesOn(vm);

    await lqx("snapshot", "revert", vm, "memory", "--yes");
    await vms.untilState(vm, State.RUNNING);
    const atMemory = await vms.whole(vm);
    expect(atMemory).toBeGreaterThan(between);
    await vms.goesOn(vm);

    await lqx("snapshot", "revert", vm, "disks", "--yes");
    await vms.untilState(vm, State.STOPPED);
    const atDisks = await vms.whole(vm);
    expect(atDisks).toBeLessThan(between);
    await lqx("vm", "start", vm);
    expect(await vms.goesOn(vm)).toBeLessThan(later + 100_000);
    await lqx("snapshot", "create", vm, "branch");

    const { snapshots, currentSnapshotId } = await tree(vm);
    const [disks, memory, branch] = ["disks", "memory", "branch"].map((it) =>
      snapshots.find(({ name }) => name === it),
    );
    expect(memory).toMatchObject({ parentId: disks?.id, memoryIncluded: true, phase: "READY" });
    expect(branch).toMatchObject({ parentId: disks?.id, phase: "READY" });
    expect(currentSnapshotId).toBe(branch?.id);
  });

  test("its snapshots are deleted while it writes, and nothing is lost", async () => {
    const from = await vms.goesOn(vm);
    await lqx("snapshot", "delete", vm, "disks", "memory", "branch", "--yes");
    expect(await vms.goesOn(vm)).toBeGreaterThan(from);
    expect((await tree(vm)).snapshots ?? []).toEqual([]);
  });

  test("full and linked clones, of one that runs and of a snapshot, live on their own", async () => {
    await lqx("snapshot", "create", vm, "base");
    const from = await vms.whole(vm);
    await lqx("vm", "clone", vm, `${pool}-full`, "--start");
    await lqx("vm", "clone", vm, `${pool}-linked`, "--linked", "--snapshot", "base", "--start");
    await vms.untilState(`${pool}-linked`, State.RUNNING);
    expect(await vms.goesOn(`${pool}-full`)).toBeGreaterThanOrEqual(from);
    await vms.goesOn(`${pool}-linked`);
    await lqx("vm", "delete", `${pool}-full`, `${pool}-linked`, "--force", "--yes", "--now");
    await vms.goesOn(vm);
    await lqx("snapshot", "delete", vm, "base", "--yes");
    expect(await volumesIn(pool)).toHaveLength(1);
  });

  test("its disk grows while it writes; a free volume comes and stays when the VM lets go of it", async () => {
    const [disk] = await disksOf(vm);
    await lqx("volume", "resize", disk!.volumeId, "2GiB");
    expect(await disksOf(vm)).toMatchObject([{ sizeGib: "2" }]);
    await vms.goesOn(vm);

    await lqx("volume", "create", `${pool}-data`, "--size", "1GiB", "--pool", pool);
    await lqx("volume", "attach", `${pool}-data`, vm);
    await lqx("vm", "stop", vm, "--force");
    await vms.mayBootFromAll(vm);
    await lqx("vm", "start", vm);
    await vms.goesOn(vm);
    await until("it writes to both", async () => (await vms.count(vm, 1)).last > 0);
    await lqx("vm", "stop", vm, "--force");
    await lqx("volume", "detach", `${pool}-data`);
    const data = (await volumesIn(pool)).find(({ name }) => name === `${pool}-data`);
    expect(data?.status).toMatchObject({ phase: "READY" });
    await lqx("volume", "delete", `${pool}-data`, "--yes");
    await lqx("volume", "restore", `${pool}-data`);
    await lqx("volume", "delete", `${pool}-data`, "--yes", "--now");
    await lqx("vm", "start", vm);
  });

  test("its disk moves to the host's own pool and back while it writes", async () => {
    const [disk] = await disksOf(vm);
    await vms.goesOn(vm);
    for (const target of ["local", pool]) {
      await lqx("volume", "move", disk!.volumeId, target);
      expect((await volumesIn(target)).map(({ id }) => id)).toEqual([disk!.volumeId]);
      await vms.goesOn(vm);
      // A guest that runs has its seed open.
      if (target === "local") expect((await kind.left()).filter((name) => !name.includes("seed"))).toEqual([]);
    }
    await lqx("vm", "stop", vm, "--force");
    await lqx("volume", "move", disk!.volumeId, "local");
    expect(await kind.left()).toEqual([]);
    await lqx("volume", "move", disk!.volumeId, pool);
    await vms.whole(vm);
  });

  test("a template of it, and VMs from that", async () => {
    await lqx("template", "make", vm);
    await lqx("template", "deploy", vm, `${pool}-t1`, "--start");
    await lqx("template", "deploy", vm, `${pool}-t2`, "--linked", "--start");
    for (const name of [`${pool}-t1`, `${pool}-t2`]) {
      await vms.untilState(name, State.RUNNING);
      await vms.goesOn(name);
    }
    await lqx("vm", "delete", `${pool}-t1`, `${pool}-t2`, "--force", "--yes", "--now");
    await lqx("template", "unmake", vm);
    await lqx("vm", "start", vm);
    await vms.goesOn(vm);
  });

  test("deleted, it is in the recycle bin, comes back, and goes for good with all that it was", async () => {
    await lqx("snapshot", "create", vm, "last");
    const last = await vms.whole(vm);
    await lqx("vm", "delete", vm, "--force", "--yes");
    expect(await stack.lqx(["vm", "bin", "list"])).toContain(vm);
    await lqx("vm", "bin", "restore", vm);
    await lqx("vm", "start", vm);
    expect(await vms.goesOn(vm)).toBeGreaterThan(last);
    await lqx("vm", "delete", vm, "--force", "--yes");
    await stack.lqx(["vm", "bin", "purge", vm, "--yes"]);
    await until("nothing is left", async () => (await kind.left()).length === 0);
    expect(await stack.json("pool", "files", pool, "--orphans")).toEqual([]);
    expect(await volumesIn(pool)).toEqual([]);
    await lqx("pool", "delete", pool, "--yes");
    expect(await stack.lqx(["pool", "list"])).not.toContain(pool);
  });
});
