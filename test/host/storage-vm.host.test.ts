import { StoragePoolService, StoragePoolStatus_Phase as Phase } from "@limiquantix/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHAP, serveIscsi, TARGET } from "../../packages/drivers/src/testing/iscsi-lab.ts";
import { EXPORT, serveNfs } from "../../packages/drivers/src/testing/nfs-lab.ts";
import { CountingVms } from "./counting-vms.ts";
import { Stack, until } from "./stack.ts";
import { StorageVmHost } from "./storage-vm-host.ts";

/**
 * Pools that want of the kernel what a test machine's may lack, by `lqx`, on a host that is a VM: real servers, kernel
 * clients, libvirt and QEMU. Under two emulations all takes ten times as long: what is not about the kind of pool
 * (snapshots with memory, templates, linked clones, the recycle bin) is in storage.host.test.ts.
 */
let host: StorageVmHost;
let stack: Stack;
let vms: CountingVms;

beforeAll(async () => {
  host = await StorageVmHost.boot();
  stack = await Stack.start((made) => host.node(made));
  const network = (source: string) => {
    throw new Error(`no pool here is a network's: ${source}`);
  };
  vms = await CountingVms.make(stack, network, host.guests);
}, 600_000);

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await vms?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

const lqx = (...args: string[]) => stack.lqx([...args, "--wait"]);
const volumesIn = (pool: string) =>
  stack.json<{ id: string; status: { phase: string } }[]>("volume", "list", "--pool", pool);
const lines = async (script: string) => (await host.sh(script)).split("\n").filter(Boolean);
const minutes = 600_000;

/** What lies in the pool but for what it keeps of images, and for what says whose it is. */
const kinds = {
  nfs: {
    async add() {
      await serveNfs(host.vm);
      await host.sh(`mkdir ${EXPORT}/pool`);
      await stack.lqx(["pool", "add", "nfs", "nfs", `127.0.0.1:${EXPORT}/pool`, "--all-nodes"]);
    },
    left: () => lines(`cd ${EXPORT}/pool; find . -type f ! -path '*/images/*' ! -name .limiquantix-pool.json`),
  },
  iscsi: {
    async add() {
      await serveIscsi(host.vm, 2048);
      const reach = ["--portal", "127.0.0.1", "--target", TARGET, "--lun", "1", "--initialize"];
      const chap = ["--chap-user", CHAP.user, "--chap-password-stdin"];
      await stack.lqx(["pool", "add", "iscsi", "iscsi", ...reach, ...chap, "--all-nodes"], CHAP.password);
    },
    async left() {
      const names = await lines("lvs --foreign --noheadings -o lv_name -S 'vg_name=~^lqx'");
      return names.map((name) => name.trim()).filter((name) => name !== "pool" && !name.startsWith("image."));
    },
  },
};

const idOf = async (vm: string) => (await vms.find(vm)).id;
const write = async (vm: string, byte: number) => host.diskIo(await idOf(vm), `write -P ${byte} 64M 64k`);
const has = async (vm: string, byte: number) =>
  expect(await host.diskIo(await idOf(vm), `read -P ${byte} 64M 64k`)).not.toMatch(/verification failed/);

describe.each(Object.entries(kinds))("a pool: %s", (pool, kind) => {
  const vm = `${pool}-1`;

  test("is added, and has space", { timeout: minutes }, async () => {
    await kind.add();
    const { listPools } = stack.client(StoragePoolService);
    const status = async () => (await listPools({})).pools.find(({ name }) => name === pool)?.status;
    await until(`${pool} is READY`, async () => (await status())?.phase === Phase.READY, 300_000);
    expect((await status())?.capacity?.availableBytes).toBeGreaterThan(500_000_000n);
  });

  test("has a VM; a snapshot of it, back to it, and without it", { timeout: minutes }, async () => {
    await vms.make(vm, pool);
    await write(vm, 1);
    await lqx("snapshot", "create", vm, "before");
    await write(vm, 2);
    await has(vm, 2);
    await lqx("snapshot", "revert", vm, "before", "--yes");
    await has(vm, 1);
    await lqx("snapshot", "delete", vm, "before", "--yes");
    await has(vm, 1);
  });

  test("its disk grows; a clone of it lives on its own", { timeout: minutes }, async () => {
    const [disk] = await volumesIn(pool);
    await lqx("volume", "resize", disk!.id, "2GiB");
    await lqx("vm", "clone", vm, `${pool}-clone`);
    await write(vm, 3);
    await has(`${pool}-clone`, 1);
    await lqx("vm", "delete", `${pool}-clone`, "--force", "--yes", "--now");
  });
});

describe("of two pools", () => {
  test("disks change places", { timeout: minutes }, async () => {
    const [[onNfs], [onIscsi]] = await Promise.all([volumesIn("nfs"), volumesIn("iscsi")]);
    await lqx("volume", "move", onNfs!.id, "iscsi");
    expect(await kinds.nfs.left()).toEqual([]);
    await lqx("volume", "move", onIscsi!.id, "nfs");
    expect(await volumesIn("nfs")).toMatchObject([{ id: onIscsi!.id }]);
    expect(await volumesIn("iscsi")).toMatchObject([{ id: onNfs!.id }]);
    for (const vm of ["nfs-1", "iscsi-1"]) await has(vm, 3);
  });

  test("the daemon dies, and comes back by itself", { timeout: minutes }, async () => {
    await stack.node.kill();
    await stack.untilHostReady();
  });

  test("a guest writes while its disk moves, and loses nothing", { timeout: minutes }, async () => {
    await lqx("vm", "start", "nfs-1");
    const from = await vms.goesOn("nfs-1", 0);
    const [disk] = await volumesIn("iscsi");
    await lqx("volume", "move", disk!.id, "nfs");
    await vms.goesOn("nfs-1", from);
  });

  test("VMs go for good with all that they were", { timeout: minutes }, async () => {
    await lqx("vm", "delete", "nfs-1", "iscsi-1", "--force", "--yes", "--now");
    for (const [pool, kind] of Object.entries(kinds)) {
      await until(`nothing is left in ${pool}`, async () => (await kind.left()).length === 0, 180_000);
      expect(await volumesIn(pool)).toEqual([]);
      await lqx("pool", "delete", pool, "--yes");
    }
  });
});
