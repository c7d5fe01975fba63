import { StoragePoolService, StoragePoolStatus_Phase as Phase, VMService } from "@limiquantix/api";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { countingBootSector } from "../../packages/drivers/src/testing/counting-guest.ts";
import { EXPORT, serveNfs } from "../../packages/drivers/src/testing/nfs-lab.ts";
import { Stack, until } from "./stack.ts";
import { StorageVmHost } from "./storage-vm-host.ts";

/**
 * NFS by the kernel's client, which a test machine's kernel may lack, by `lqx`, on a host that is a VM: a real server,
 * libvirt, and the daemon under the unit that we ship. Guests are off: under two emulations one that runs takes the time of
 * all the others; what pools do under guests that write is in storage.host.test.ts.
 */
let host: StorageVmHost;
let stack: Stack;
const VM = "web-1";
const minutes = 600_000;

beforeAll(async () => {
  host = await StorageVmHost.boot();
  stack = await Stack.start((made) => host.node(made));
  const image = join(stack.directory, "tiny.raw");
  await writeFile(image, countingBootSector());
  await truncate(image, 1024 ** 2);
  await stack.lqx(["image", "upload", image, "--name", "tiny"]);
}, minutes);

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

const lqx = (...args: string[]) => stack.lqx([...args, "--wait"]);
const volumesIn = (pool: string) => stack.json<{ id: string }[]>("volume", "list", "--pool", pool);
/** What lies in the pool but for what it keeps of images, and for what says whose it is. */
const left = () => host.sh(`cd ${EXPORT}/pool; find . -type f ! -path '*/images/*' ! -name .limiquantix-pool.json`);

/** What qemu-io does to the disk of a VM that is off. */
async function diskIo(name: string, command: string): Promise<string> {
  const { vms } = await stack.client(VMService).listVMs({ name });
  const disk = `virsh domblklist ${vms[0]!.id} --details | awk '$2 == "disk" { print $4; exit }'`;
  return host.sh(`qemu-io -f qcow2 -c '${command}' "$(${disk})"`);
}

const write = (vm: string, byte: number) => diskIo(vm, `write -P ${byte} 64M 64k`);
const expectByte = async (vm: string, byte: number) =>
  expect(await diskIo(vm, `read -P ${byte} 64M 64k`)).not.toMatch(/verification failed/);

test("a pool is added, and has space", { timeout: minutes }, async () => {
  await serveNfs(host.vm);
  await host.sh(`mkdir ${EXPORT}/pool`);
  await stack.lqx(["pool", "add", "nfs", "nfs", `127.0.0.1:${EXPORT}/pool`, "--all-nodes"]);
  const { listPools } = stack.client(StoragePoolService);
  const status = async () => (await listPools({})).pools.find(({ name }) => name === "nfs")?.status;
  await until("the pool is READY", async () => (await status())?.phase === Phase.READY, 180_000);
  expect((await status())?.capacity?.availableBytes).toBeGreaterThan(500_000_000n);
});

test("a VM; a snapshot of it, back to it, and without it", { timeout: minutes }, async () => {
  const small = ["--cpu", "1", "--memory", "64MiB", "--disk", "1GiB", "--firmware", "bios", "--no-ssh-key"];
  await lqx("vm", "create", VM, "--image", "tiny", "--pool", "nfs", ...small, "--no-start");
  await write(VM, 1);
  await lqx("snapshot", "create", VM, "before");
  await write(VM, 2);
  await lqx("snapshot", "revert", VM, "before", "--yes");
  await expectByte(VM, 1);
  await lqx("snapshot", "delete", VM, "before", "--yes");
  await expectByte(VM, 1);
});

test("its disk grows; a clone of it lives on its own", { timeout: minutes }, async () => {
  const [disk] = await volumesIn("nfs");
  await lqx("volume", "resize", disk!.id, "2GiB");
  await lqx("vm", "clone", VM, "clone");
  await write(VM, 3);
  await expectByte("clone", 1);
  await lqx("vm", "delete", "clone", "--force", "--yes", "--now");
});

test("its disk moves to the host's own pool, and back when the daemon was killed", { timeout: minutes }, async () => {
  const [disk] = await volumesIn("nfs");
  await lqx("volume", "move", disk!.id, "local");
  expect(await left()).toBe("");
  await expectByte(VM, 3);
  await stack.node.kill();
  await lqx("volume", "move", disk!.id, "nfs");
  await expectByte(VM, 3);
});

test("it goes for good with all that it was", { timeout: minutes }, async () => {
  await lqx("vm", "delete", VM, "--force", "--yes", "--now");
  await until("nothing is left in the pool", async () => (await left()) === "", 180_000);
  expect(await volumesIn("nfs")).toEqual([]);
  await lqx("pool", "delete", "nfs", "--yes");
});
