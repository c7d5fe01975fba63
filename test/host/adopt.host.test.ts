import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Stack, until } from "./stack.ts";

const run = promisify(execFile);

/** A VM that somebody made with virsh: seen, left alone, and taken under management when one asks for it. */
let stack: Stack;
const uri = `qemu+unix:///system?socket=${process.env["LIMIQUANTIX_LIBVIRT_SOCKET"]}`;
const virsh = async (...args: string[]) => (await run("virsh", ["-c", uri, ...args])).stdout;

const domain = `<domain type='qemu'>
  <name>legacy</name>
  <uuid>5f3c1a52-9a53-4e9c-a1c7-6a2a3d1b7c11</uuid>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/></features>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><controller type='usb' model='none'/></devices>
</domain>`;

beforeAll(async () => {
  stack = await Stack.start();
  const file = join(stack.directory, "legacy.xml");
  await writeFile(file, domain);
  await virsh("define", file);
  await virsh("start", "legacy");
});

afterAll(async () => {
  await virsh("destroy", "legacy").catch(() => {});
  await virsh("undefine", "legacy").catch(() => {});
  await stack[Symbol.asyncDispose]();
});

interface Shown {
  isManaged?: boolean;
  origin: string;
  status: { state: string };
}
const shown = () => stack.json<Shown>("vm", "get", "legacy");

test("it shows up as it is, and cannot be changed", async () => {
  await until("it is seen running", async () => (await shown()).status.state === "RUNNING");
  expect(await shown()).toMatchObject({ origin: "HOST_DISCOVERED" });
  await expect(stack.lqx(["vm", "stop", "legacy", "--force", "--wait"])).rejects.toThrow(/not under management/);
  expect(await virsh("domstate", "legacy")).toContain("running");
});

test("adopted, it is stopped and started like any other, and its definition stays", async () => {
  const before = await virsh("dumpxml", "--inactive", "legacy");
  await stack.lqx(["vm", "adopt", "legacy", "--wait"]);
  expect((await shown()).isManaged).toBe(true);
  expect(await virsh("domstate", "legacy")).toContain("running");
  await stack.lqx(["vm", "stop", "legacy", "--force", "--wait"]);
  expect(await virsh("domstate", "legacy")).toContain("shut off");
  await stack.lqx(["vm", "start", "legacy", "--wait"]);
  expect(await virsh("domstate", "legacy")).toContain("running");
  const after = await virsh("dumpxml", "--inactive", "legacy");
  const withoutMark = (xml: string) => xml.replace(/\s*<metadata>[\s\S]*<\/metadata>/, "");
  expect(withoutMark(after)).toBe(withoutMark(before));
});

test("taken out of the inventory, it goes on as if nothing had been", async () => {
  await stack.lqx(["vm", "delete", "legacy", "--keep-on-host", "--yes", "--wait"]);
  expect(await virsh("domstate", "legacy")).toContain("running");
  expect(await virsh("dumpxml", "legacy")).not.toContain("limiquantix");
  await until("it is shown as found again", async () => (await shown()).origin === "HOST_DISCOVERED");
});
