import { access } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { virsh } from "./counting-vms.ts";
import { addressOf, buildImage, newSshKey, ssh } from "./guest.ts";
import { Stack, until } from "./stack.ts";

/** One volume in two guests that run at the same time, by `lqx`, on real libvirt and QEMU. */
let stack: Stack;
let key: string;
let volumeId: string;
const names = ["node-a", "node-b"] as const;
const addresses = new Map<string, string>();

const lqx = (...args: string[]) => stack.lqx([...args, "--wait"]);
const volume = () =>
  stack.json<{ id: string; status: { phase: string; attachedVmIds?: string[] } }>("volume", "get", "quorum");

beforeAll(async () => {
  const image = await buildImage("tiny");
  stack = await Stack.start();
  key = await newSshKey(stack);
  await stack.lqx(["image", "upload", image, "--name", "tiny", "--default-user", "tiny"]);
  const small = ["--image", "tiny", "--cpu", "1", "--memory", "192MiB", "--disk", "1GiB", "--ssh-key", `${key}.pub`];
  await Promise.all(names.map((name) => lqx("vm", "create", name, ...small)));
});

afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
});

test("what one guest writes, the other reads, while both run", async () => {
  await lqx("volume", "create", "quorum", "--shared", "--size", "1GiB", "--pool", "local");
  ({ id: volumeId } = await volume());
  for (const name of names) await lqx("volume", "attach", "quorum", name);
  const { status } = await volume();
  expect([status.phase, status.attachedVmIds?.length]).toEqual(["ATTACHED", 2]);
  for (const name of names) {
    addresses.set(name, await addressOf(stack, name));
    await until(`${name} answers`, async () => (await run(name, "hostname")).trim() === name, 120_000);
  }
  const path = join(stack.poolPath, "volumes", `${volumeId}.raw`);
  const { stdout } = await virsh("dumpxml", (await stack.json<{ id: string }>("vm", "get", "node-a")).id);
  const disk = stdout.split("<disk ").find((part) => part.includes(path)) ?? "";
  expect(disk).toContain("<shareable/>");
  expect(disk).toMatch(/<driver [^>]*type='raw'[^>]*cache='none'/);

  await write("node-a", "written by a");
  expect(await read("node-b")).toBe("written by a");
  await write("node-b", "and now by b");
  expect(await read("node-a")).toBe("and now by b");
});

test("a snapshot of a VM that has it is refused, and says why", async () => {
  await expect(stack.lqx(["snapshot", "create", "node-a", "one"])).rejects.toThrow(/node-a.*disk 2 is volume quorum/s);
  await expect(stack.lqx(["volume", "delete", "quorum", "--yes"])).rejects.toThrow(/attached to a VM/);
});

test("taken from one, it stays with the other, which goes on writing; also when the one is deleted", async () => {
  await lqx("volume", "detach", "quorum", "node-a");
  await until("node-a does not see it any more", async () => (await deviceIn("node-a")) === "");
  await write("node-b", "b alone");
  expect(await read("node-b")).toBe("b alone");
  await lqx("volume", "attach", "quorum", "node-a");
  expect(await read("node-a")).toBe("b alone");
  await lqx("vm", "delete", "node-a", "--force", "--yes", "--now");
  await write("node-b", "still here");
  expect(await read("node-b")).toBe("still here");
  await lqx("volume", "detach", "quorum", "node-b");
  await lqx("volume", "delete", "quorum", "--yes", "--now");
  await expect(access(join(stack.poolPath, "volumes", `${volumeId}.raw`))).rejects.toThrow("ENOENT");
});

function run(name: string, command: string): Promise<string> {
  return ssh({ user: "tiny", address: addresses.get(name) ?? "", key }, command);
}

/** What the guest calls the volume; empty: it does not see it. */
async function deviceIn(name: string): Promise<string> {
  const serial = volumeId.replaceAll("-", "").slice(0, 20);
  const each = `for d in /sys/block/vd*; do [ "$(cat $d/serial)" = ${serial} ] && echo /dev/\${d##*/}; done; true`;
  return (await run(name, each)).trim();
}

/** Past the guest's own cache. */
async function write(name: string, text: string): Promise<void> {
  const device = await seen(name);
  await run(name, `echo '${text}' | sudo dd of=${device} bs=512 count=1 conv=sync oflag=direct 2>/dev/null`);
}

async function read(name: string): Promise<string> {
  const device = await seen(name);
  const sector = await run(name, `sudo dd if=${device} bs=512 count=1 iflag=direct 2>/dev/null`);
  return sector.replaceAll("\0", "").trim();
}

async function seen(name: string): Promise<string> {
  let device = "";
  await until(`${name} sees the volume`, async () => (device = await deviceIn(name)) !== "");
  return device;
}
