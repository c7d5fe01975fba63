import { StoragePoolService, VmStatus_PowerState as State } from "@limiquantix/api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXPORT, serveNfs } from "../../packages/drivers/src/testing/nfs-lab.ts";
import { CountingVms } from "./counting-vms.ts";
import { Stack, until } from "./stack.ts";
import { StorageVmHost } from "./storage-vm-host.ts";

/**
 * Pools that want of the kernel what a test machine's may lack, by `lqx`, on a host that is a VM: real servers, kernel
 * clients, libvirt and QEMU. Under two emulations all takes ten times as long: what is not about the kind of pool
 * (templates, linked clones, the recycle bin) is in storage.host.test.ts.
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

const kinds = {
  nfs: {
    async add() {
      await serveNfs(host.vm);
      await host.sh(`mkdir ${EXPORT}/pool`);
      await lqx("pool", "add", "nfs", "nfs", `127.0.0.1:${EXPORT}/pool`, "--all-nodes");
    },
    async left() {
      const found = await host.sh(`cd ${EXPORT}/pool; find . -type f`);
      return found.split("\n").filter((path) => path && !/\/images\/|\.limiquantix-pool\.json$/.test(path));
    },
  },
};

describe.each(Object.entries(kinds))("a pool: %s", (pool, kind) => {
  const vm = `${pool}-1`;
  const minutes = 600_000;

  test("is added, and has space", { timeout: minutes }, async () => {
    await kind.add();
    const { pools } = await stack.client(StoragePoolService).listPools({});
    const status = pools.find(({ name }) => name === pool)?.status;
    expect(status?.capacity?.availableBytes).toBeGreaterThan(500_000_000n);
  });

  test("has a VM that writes", { timeout: minutes }, async () => {
    await vms.create(vm, pool);
    expect(await volumesIn(pool)).toMatchObject([{ status: { phase: "ATTACHED" } }]);
  });

  test("a snapshot while it writes, back to it, and without it", { timeout: minutes }, async () => {
    await lqx("snapshot", "create", vm, "before");
    const later = await vms.goesOn(vm);
    await lqx("snapshot", "revert", vm, "before", "--yes");
    expect(await vms.whole(vm)).toBeLessThan(later);
    await lqx("vm", "start", vm);
    const from = await vms.goesOn(vm);
    await lqx("snapshot", "delete", vm, "before", "--yes");
    expect(await vms.goesOn(vm)).toBeGreaterThan(from);
  });

  test("a clone of it lives on its own", { timeout: minutes }, async () => {
    const from = await vms.whole(vm);
    await lqx("vm", "clone", vm, `${pool}-clone`, "--start");
    await vms.untilState(`${pool}-clone`, State.RUNNING);
    expect(await vms.goesOn(`${pool}-clone`)).toBeGreaterThanOrEqual(from);
    await lqx("vm", "delete", `${pool}-clone`, "--force", "--yes", "--now");
  });

  test("its disk grows, and moves to another pool and back, while it writes", { timeout: minutes }, async () => {
    const [disk] = await volumesIn(pool);
    await lqx("volume", "resize", disk!.id, "2GiB");
    await vms.goesOn(vm);
    for (const target of ["local", pool]) {
      await lqx("volume", "move", disk!.id, target);
      expect((await volumesIn(target)).map(({ id }) => id)).toEqual([disk!.id]);
      await vms.goesOn(vm);
      if (target === "local") expect(await kind.left()).toEqual([]);
    }
  });

  test("the daemon dies; the VM writes on, and goes for good with all that it was", { timeout: minutes }, async () => {
    await stack.node.kill();
    await stack.node.start();
    await stack.untilHostReady();
    await vms.goesOn(vm);
    await lqx("vm", "delete", vm, "--force", "--yes", "--now");
    await until("nothing is left", async () => (await kind.left()).length === 0);
    expect(await volumesIn(pool)).toEqual([]);
    await lqx("pool", "delete", pool, "--yes");
  });
});
