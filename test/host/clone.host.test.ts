import { VMService } from "@limiquantix/api";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressOf, buildImage, newSshKey, ssh } from "./guest.ts";
import { Stack, until } from "./stack.ts";

const run = promisify(execFile);

/** A VM and its clone, on real libvirt and QEMU: the same data, two machines. */
let stack: Stack;
let key: string;

const guest = async (name: string) => ({ user: "ada", address: await addressOf(stack, name), key });
const answers = (name: string) =>
  until(`SSH of ${name}`, async () => (await ssh(await guest(name), "hostname")).trim() === name, 240_000);

beforeAll(async () => {
  const image = await buildImage("tiny");
  stack = await Stack.start();
  key = await newSshKey(stack);
  await stack.lqx(["image", "upload", image, "--name", "tiny", "--default-user", "tiny"]);
  const args = ["--image", "tiny", "--cpu", "1", "--memory", "256MiB", "--disk", "1GiB", "--user", "ada"];
  await stack.lqx(
    ["vm", "create", "web-1", ...args, "--password-stdin", "--ssh-key", `${key}.pub`, "--wait"],
    "correct-horse-9",
  );
  await answers("web-1");
});

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

test("a clone of one that is off: both run, with what was on the disk, and nothing that must be there only once", async () => {
  await ssh(await guest("web-1"), "echo kept > ~/note && sync");
  await stack.lqx(["vm", "stop", "web-1", "--force", "--wait"]);
  await stack.lqx(["vm", "clone", "web-1", "web-2", "--start", "--wait"]);
  await stack.lqx(["vm", "start", "web-1", "--wait"]);
  await Promise.all([answers("web-1"), answers("web-2")]);
  expect(await ssh(await guest("web-2"), "cat ~/note")).toBe("kept\n");
  const macs = (await stack.client(VMService).listVMs({})).vms.map((vm) => vm.spec?.nics[0]?.macAddress);
  expect(new Set(macs).size).toBe(2);
});

test("the clone lives without its source, also after a kill -9 of both programs in the middle of a further one", async () => {
  await stack.lqx(["vm", "stop", "web-2", "--force", "--wait"]);
  await stack.lqx(["vm", "delete", "web-1", "--force", "--yes", "--now", "--wait"]);
  await stack.lqx(["vm", "clone", "web-2", "web-3"]);
  await Promise.all([stack.node.kill(), stack.controlPlane.kill()]);
  await stack.controlPlane.start();
  await stack.node.start();
  await until("the clone is made", async () => {
    const vm = await stack.json<{ status: { state: string } }>("vm", "get", "web-3");
    return vm.status.state === "STOPPED";
  });
  const disks = () => readdir(join(stack.poolPath, "volumes"));
  await until("the source's disk is gone", async () => (await disks()).length === 2);
  const paths = (await disks()).map((name) => join(stack.poolPath, "volumes", name));
  await run("qemu-img", ["compare", "-f", "qcow2", "-F", "qcow2", ...paths]);
  await stack.lqx(["vm", "start", "web-3", "--wait"]);
  await answers("web-3");
  expect(await ssh(await guest("web-3"), "cat ~/note")).toBe("kept\n");
});
