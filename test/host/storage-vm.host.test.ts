import { StoragePoolService, VmStatus_PowerState as State } from "@limiquantix/api";
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
      await lqx("pool", "add", "nfs", "nfs", `127.0.0.1:${EXPORT}/pool`, "--all-nodes");
    },
    left: () => lines(`cd ${EXPORT}/pool; find . -type f ! -path '*/images/*' ! -name .limiquantix-pool.json`),
  },
  iscsi: {
    async add() {
      await serveIscsi(host.vm, 2048);
      const reach = ["--portal", "127.0.0.1", "--target", TARGET, "--lun", "1", "--initialize"];
      const chap = ["--chap-user", CHAP.user, "--chap-password-stdin"];
      await stack.lqx(["pool", "add", "iscsi", "iscsi", ...reach, ...chap, "--all-nodes", "--wait"], CHAP.password);
    },
    async left() {
      const names = await lines("lvs --foreign --noheadings -o lv_name -S 'vg_name=~^lqx'");
      return names.map((name) => name.trim()).filter((name) => name !== "pool" && !name.startsWith("image."));
    },
  },
};

/** How far each VM is known to have counted. */
const counted = new Map<string, number>();
/** Until it has counted on since it was last looked at, with nothing lost. */
async function writesOn(vm: string): Promise<number> {
  const last = await vms.goesOn(vm, counted.get(vm));
  counted.set(vm, last);
  return last;
}

describe.each(Object.entries(kinds))("a pool: %s", (pool, kind) => {
  const vm = `${pool}-1`;

  test("is added, and has a VM that writes", { timeout: minutes }, async () => {
    await kind.add();
    const { pools } = await stack.client(StoragePoolService).listPools({});
    const status = pools.find(({ name }) => name === pool)?.status;
    expect(status?.capacity?.availableBytes).toBeGreaterThan(500_000_000n);
    await vms.create(vm, pool);
    expect(await volumesIn(pool)).toMatchObject([{ status: { phase: "ATTACHED" } }]);
  });

  test("a snapshot while it writes, back to it, and without it", { timeout: minutes }, async () => {
    await lqx("snapshot", "create", vm, "before");
    const later = await writesOn(vm);
    await lqx("snapshot", "revert", vm, "before", "--yes");
    const at = await vms.whole(vm);
    expect(at).toBeLessThan(later);
    counted.set(vm, at);
    await lqx("vm", "start", vm);
    await lqx("snapshot", "delete", vm, "before", "--yes");
  });

  test("its disk grows while it writes", { timeout: minutes }, async () => {
    const [disk] = await volumesIn(pool);
    await lqx("volume", "resize", disk!.id, "2GiB");
    await writesOn(vm);
  });

  test("a clone of it lives on its own", { timeout: minutes }, async () => {
    const clone = `${pool}-clone`;
    await lqx("vm", "clone", vm, clone, "--start");
    await vms.untilState(clone, State.RUNNING);
    await vms.goesOn(clone, counted.get(vm));
    await lqx("vm", "delete", clone, "--force", "--yes", "--now");
  });
});

describe("of two pools", () => {
  test("VMs that write change places", { timeout: minutes }, async () => {
    const [[onNfs], [onIscsi]] = await Promise.all([volumesIn("nfs"), volumesIn("iscsi")]);
    await lqx("volume", "move", onNfs!.id, "iscsi");
    expect(await kinds.nfs.left()).toEqual([]);
    await lqx("volume", "move", onIscsi!.id, "nfs");
    expect(await volumesIn("nfs")).toMatchObject([{ id: onIscsi!.id }]);
    expect(await volumesIn("iscsi")).toMatchObject([{ id: onNfs!.id }]);
    for (const vm of ["nfs-1", "iscsi-1"]) await writesOn(vm);
  });

  test("the daemon dies; VMs write on, and go for good with all that they were", { timeout: minutes }, async () => {
    await stack.node.kill();
    await stack.untilHostReady();
    for (const vm of ["nfs-1", "iscsi-1"]) await writesOn(vm);
    await lqx("vm", "delete", "nfs-1", "iscsi-1", "--force", "--yes", "--now");
    for (const [pool, kind] of Object.entries(kinds)) {
      await until(`nothing is left in ${pool}`, async () => (await kind.left()).length === 0, 180_000);
      expect(await volumesIn(pool)).toEqual([]);
      await lqx("pool", "delete", pool, "--yes");
    }
  });
});
