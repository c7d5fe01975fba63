import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { VirtualNetworkService, VMService } from "@limiquantix/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressOf, buildImage, console, newSshKey, ssh, sshWithPassword } from "./guest.ts";
import { root, Stack, until } from "./stack.ts";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The main job, as a person does it: from an image to a login, on real libvirt and QEMU. */
let stack: Stack;
let key: string;
let address: string;

beforeAll(async () => {
  const image = await buildImage("tiny");
  stack = await Stack.start();
  key = await newSshKey(stack);
  await stack.lqx(["image", "upload", image, "--name", "tiny", "--default-user", "tiny"]);
});

afterAll(async () => {
  await stack[Symbol.asyncDispose]();
});

test("a VM is created and started from an image, with a user, a password and a key", async () => {
  const args = ["--image", "tiny", "--cpu", "1", "--memory", "256MiB", "--disk", "1GiB", "--user", "ada"];
  await stack.lqx(
    ["vm", "create", "web-1", ...args, "--password-stdin", "--ssh-key", `${key}.pub`, "--wait"],
    "correct-horse-9",
  );
  const vm = await stack.json<{ status: { state: string; accelerator: string } }>("vm", "get", "web-1");
  expect(vm.status.state).toBe("RUNNING");
  expect(["tcg", "kvm"]).toContain(vm.status.accelerator);
});

test("it gets an address, which the API shows with its lease", async () => {
  address = await addressOf(stack, "web-1");
  const { networks } = await stack.client(VirtualNetworkService).listNetworks({});
  const { leases } = await stack.client(VirtualNetworkService).listLeases({ networkId: networks[0]!.id });
  expect(leases.map((lease) => lease.ipAddress)).toContain(address);
});

test("one logs in by key and by password, and becomes root", async () => {
  await until("SSH answers", async () => (await ssh({ user: "ada", address, key }, "hostname")).trim() === "web-1");
  expect(await ssh({ user: "ada", address, key }, "id -un")).toBe("ada\n");
  expect(await ssh({ user: "ada", address, key }, "sudo id -u")).toBe("0\n");
  expect(await sshWithPassword(stack, { user: "ada", address, password: "correct-horse-9" }, "id -un")).toBe("ada\n");
});

test("lqx vm ssh opens the same door", async () => {
  const environment = { env: stack.environment };
  const args = ["vm", "ssh", "web-1", "--user", "ada", "--", "-i", key, "-o", "StrictHostKeyChecking=no"];
  const { stdout } = await run(
    join(root, "bin/lqx"),
    [...args, "-o", "UserKnownHostsFile=/dev/null", "uname"],
    environment,
  );
  expect(stdout.trim()).toBe("Linux");
});

test("the serial console has a login prompt, and takes the password", async () => {
  await console(stack, "web-1", "\n", /login:/);
});

test("no secret of the guest is left in the API or in the control plane's store", async () => {
  const [vm] = (await stack.client(VMService).listVMs({})).vms;
  const cloudInit = vm!.spec!.provisioning!.cloudInit!;
  expect(cloudInit.consumed).toBe(true);
  expect(cloudInit.password).toBe("");
  expect(cloudInit.passwordHash).toBe("");
  const { stdout } = await run("grep", ["-rlaE", "correct-horse-9|\\$6\\$", join(stack.directory, "control")]).catch(
    (error) => error as { stdout: string },
  );
  expect(stdout).toBe("");
});

test("a disk is attached while it runs, and seen inside", async () => {
  await stack.lqx(["vm", "attach-disk", "web-1", "--size", "2GiB", "--wait"]);
  await until("the guest sees the disk", async () =>
    /\b2097152\b/.test(await ssh({ user: "ada", address, key }, "cat /proc/partitions")),
  );
});

test("pause, resume, reboot, suspend, stop and start do what they say", async () => {
  const state = async () => (await stack.json<{ status: { state: string } }>("vm", "get", "web-1")).status.state;
  await stack.lqx(["vm", "pause", "web-1", "--wait"]);
  expect(await state()).toBe("PAUSED");
  await stack.lqx(["vm", "resume", "web-1", "--wait"]);
  expect(await state()).toBe("RUNNING");

  const bootId = () => ssh({ user: "ada", address, key }, "cat /proc/sys/kernel/random/boot_id");
  const before = await bootId();
  await stack.lqx(["vm", "suspend", "web-1", "--wait"]);
  expect(await state()).toBe("SUSPENDED");
  await stack.lqx(["vm", "start", "web-1", "--wait"]);
  await until("the guest goes on where it was", async () => (await bootId()) === before);

  await stack.lqx(["vm", "reboot", "web-1", "--wait"]);
  await until("the guest has booted again", async () => (await bootId()) !== before);

  await stack.lqx(["vm", "stop", "web-1", "--wait"]);
  expect(await state()).toBe("STOPPED");
  await stack.lqx(["vm", "start", "web-1", "--wait"]);
  expect(await state()).toBe("RUNNING");
});

test("deleted, it leaves nothing: no domain, disk, seed or row", async () => {
  await stack.lqx(["vm", "delete", "web-1", "--force", "--yes", "--now", "--wait"]);
  expect(await vmNames()).toEqual([]);
  const virsh = ["-c", `qemu+unix:///system?socket=${process.env["LIMIQUANTIX_LIBVIRT_SOCKET"]}`];
  const { stdout } = await run("virsh", [...virsh, "list", "--all", "--name"]);
  expect(stdout.trim()).toBe("");
  const disks = async () => (await readdir(join(stack.poolPath, "volumes"))).length;
  await until("its disk is gone", async () => (await disks()) === 0);
  expect(await readdir(join(stack.poolPath, "seeds"))).toEqual([]);
});

async function vmNames(): Promise<string[]> {
  return (await stack.client(VMService).listVMs({})).vms.map((vm) => vm.name);
}
