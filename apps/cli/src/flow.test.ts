import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ExitCode } from "./exit-codes.ts";
import { lqxProcess, start } from "./testing/processes.ts";
import { startSimPlatform, type SimPlatform } from "./testing/sim-platform.ts";

/* The real programs, one host of which the hypervisor is simulated, and the whole way of a VM on the command line. */

let platform: SimPlatform;
let home: string;
let env: Record<string, string>;
const lqx: SimPlatform["lqx"] = (...words) => platform.lqx(...words);
const ok: SimPlatform["ok"] = (...words) => platform.ok(...words);
const json: SimPlatform["json"] = (...words) => platform.json(...words);

beforeAll(async () => {
  platform = await startSimPlatform("flow");
  ({ home, env } = platform);
}, 60_000);

afterAll(() => platform[Symbol.asyncDispose](), 60_000);

test("an image from a file, sent once and told from a second one of that name", async () => {
  const file = join(home, "tiny.img");
  await writeFile(file, Buffer.alloc(3 * 1024 * 1024, "limiquantix"));
  expect(await ok("image", "upload", file, "--default-user", "ada", "--os", "tiny-1")).toContain("tiny is READY");
  expect(await ok("image", "list")).toMatch(/tiny\s+READY\s+RAW\s+3 MiB/);
  expect(await ok("image", "edit", "tiny", "--name", "small", "--min-memory", "64M", "-l", "a=b")).toContain(
    "image small is changed",
  );
  expect(JSON.parse(await ok("image", "get", "small", "-o", "json"))).toMatchObject({
    labels: { a: "b" },
    spec: { defaultUser: "ada", requirements: { minMemoryMib: "64" } },
  });
  await ok("image", "edit", "small", "--name", "tiny", "--min-disk", "1G");
  expect((await lqx("image", "edit", "tiny", "--visibility", "everybody")).err).toContain("is no visibility");
  await ok("image", "edit", "tiny", "--visibility", "public");
  expect(await ok("image", "get", "tiny")).toMatch(/For: +public\n/);
  const again = await lqx("image", "upload", file);
  expect([again.code, again.err.includes("exists already")]).toEqual([ExitCode.CONFLICT, true]);
}, 60_000);

test("a VM is made, started, and seen from every side", async () => {
  await writeFile(
    join(home, "id.pub"),
    `ssh-ed25519 ${Buffer.from("\0\0\0\x0bssh-ed25519\0\0\0 0123456789abcdef0123456789abcdef", "latin1").toString("base64")} me\n`,
  );
  const create = [
    "vm",
    "create",
    "web",
    "--image",
    "tiny",
    "--memory",
    "1G",
    "-l",
    "app=web",
    "--ssh-key",
    join(home, "id.pub"),
  ];
  expect(await ok(...create, "--dry-run")).toContain("nothing was changed");
  expect(await json("vm", "list")).toEqual([]);
  const made = await lqx(...create, "--wait");
  expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^web is RUNNING on /)]);
  expect(made.err).toContain("vm.create web: succeeded");
  expect(await ok("vm", "list", "-l", "app=web")).toMatch(/web\s+RUNNING/);
  expect(await ok("vm", "list", "--state", "stopped")).toBe("");
  const vm = await json<{ id: string }>("vm", "get", "web");
  expect(vm).toMatchObject({ name: "web", labels: { app: "web" }, spec: { memory: { sizeMib: "1024" } } });
  expect(await ok("vm", "get", vm.id)).toContain("Name:");
  expect(await ok("vm", "events", "web")).toContain("web");
  expect(await ok("task", "list", "--vm", "web")).toMatch(/vm\.create\s+web\s+SUCCEEDED/);
  expect(await ok("vm", "why-not", "--cpu", "500")).toContain("No host fits");
  expect((await lqx("__complete", "--", "vm", "stop", "w")).out).toBe("web\n");
}, 60_000);

test("what is measured of it, then and now", async () => {
  const seen = { timeout: 30_000, interval: 500 };
  await vi.waitFor(async () => expect(await ok("metrics", "top")).toMatch(/web\s+\d+\.\d%\s+\d+ MiB/), seen);
  expect(await ok("metrics", "top", "--nodes")).toMatch(/\d+\.\d%/);
  expect(await ok("metrics", "show", "vm/web")).toMatch(/memory-used\s+[\d.]+ MiB/);
  expect(await ok("metrics", "show", "root", "--metric", "daemon-memory", "--points", "10")).toContain("DAEMON-MEMORY");
  const data = await json<{ series: object[] }>("metrics", "show", "vm/web", "--metric", "cpu");
  expect(data.series).toEqual([expect.objectContaining({ metric: "CPU", unit: "PERCENT" })]);
  expect((await lqx("metrics", "show", "vm/web", "--metric", "heat")).code).toBe(ExitCode.USAGE);
  expect((await lqx("metrics", "show", "project/default")).err).toContain("is not measured");
  expect((await lqx("metrics", "show", "vm/nobody")).code).toBe(ExitCode.NOT_FOUND);
}, 60_000);

test("the serial console passes bytes both ways", async () => {
  const typed = await lqxProcess(["vm", "console", "web", "--linger", "1"], env, "hello guest\n");
  expect([typed.code, typed.out]).toEqual([0, expect.stringContaining("hello guest")]);
  expect(await ok("vm", "console", "web", "--vnc")).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/console\/\S+\n$/);
}, 60_000);

test("power, and what a state forbids", async () => {
  expect(await ok("vm", "stop", "web", "--force", "--wait")).toContain("web is STOPPED");
  const refused = await lqx("vm", "pause", "web");
  expect([refused.code, refused.err]).toEqual([ExitCode.CONFLICT, expect.stringContaining("try this:")]);
  expect((await lqx("vm", "console", "web")).err).toContain("Start the VM first");
  expect(await json("vm", "start", "web", "--wait")).toMatchObject({
    vm: { status: { state: "RUNNING" } },
    task: { state: "SUCCEEDED" },
  });
  expect(await ok("vm", "start", "web")).toContain("nothing to do");
}, 60_000);

test("a VM is cloned, running or not", async () => {
  expect(await ok("vm", "clone", "web", "web-a", "--wait")).toContain("web-a is STOPPED");
  await ok("vm", "delete", "web-a", "--now", "--yes", "--wait");
  await ok("vm", "stop", "web", "--force", "--wait");
  expect(await ok("vm", "clone", "web", "web-b", "--dry-run")).toContain("nothing was changed");
  const made = await lqx("vm", "clone", "web", "web-b", "--start", "--description", "a copy", "--wait");
  expect([made.code, made.out]).toEqual([0, expect.stringMatching(/^web-b is RUNNING on /)]);
  expect(made.err).toContain("vm.clone web-b: succeeded");
  const { id } = await json<{ id: string }>("vm", "get", "web");
  expect(await json("vm", "get", "web-b")).toMatchObject({ clonedFrom: id, description: "a copy" });
  await ok("vm", "delete", "web-b", "--force", "--now", "--yes", "--wait");
  await ok("vm", "start", "web", "--wait");
}, 60_000);

test("Ctrl-C ends the waiting and not the task", async () => {
  const made = await fetch(`${env["LIMIQUANTIX_SERVER"]}/limiquantix.storage.v1.ImageService/CreateImage`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "never-sent" }),
  });
  const { task } = (await made.json()) as { task: { id: string } };
  await using watching = start("lqx", ["task", "watch", "--", task.id], env);
  await using following = start("lqx", ["vm", "list", "--watch"], env);
  await following.said(/web RUNNING/);
  expect(await following.interrupt()).toBe(ExitCode.OK);
  await watching.said(/image\.upload never-sent: /);
  expect(await ok("task", "list", "--open")).toContain(task.id);
  expect(await watching.interrupt()).toBe(ExitCode.INTERRUPTED);
  expect(watching.text).toContain(`lqx task cancel ${task.id}`);
  expect(await ok("task", "cancel", task.id)).toContain(task.id);
}, 60_000);

test("edit by flags, and in an editor", async () => {
  await ok("vm", "edit", "web", "--description", "front", "-l", "tier=a", "--wait");
  const editor = join(home, "editor");
  await writeFile(editor, '#!/bin/sh\nsed -i "s/^description: .*/description: from the editor/" "$1"\n');
  await chmod(editor, 0o755);
  const edited = await lqxProcess(["vm", "edit", "web"], { ...env, EDITOR: editor, VISUAL: "" });
  expect({ code: edited.code, err: edited.err }).toMatchObject({ code: 0 });
  expect(await json("vm", "get", "web")).toMatchObject({
    description: "from the editor",
    labels: { app: "web", tier: "a" },
  });
  expect((await lqxProcess(["vm", "edit", "web"], { ...env, EDITOR: "true", VISUAL: "" })).err).toContain(
    "nothing was changed",
  );
}, 60_000);

test("hosts, pools, networks", async () => {
  const [host = { id: "", hostname: "" }] = await json<{ id: string; hostname: string }[]>("node", "list");
  await ok("node", "label", host.hostname, "zone=a");
  expect(await ok("node", "list", "-l", "zone=a")).toContain(host.hostname);
  await ok("node", "disable", host.hostname);
  const full = await lqx("vm", "create", "other", "--image", "tiny", "--no-ssh-key");
  expect([full.code, full.err]).toEqual([ExitCode.EXHAUSTED, expect.stringContaining(host.hostname)]);
  await ok("node", "enable", host.id);
  expect(await ok("pool", "list")).toContain("READY");
  expect(await ok("network", "leases", "default")).toContain("web");
}, 60_000);

test("a VM is deleted for good, and not without being asked", async () => {
  expect((await lqx("vm", "delete", "web")).err).toContain("there is no terminal to ask");
  expect(await ok("vm", "delete", "web", "--force", "--now", "--yes", "--wait")).toContain("web is deleted");
  expect((await lqx("vm", "get", "web")).code).toBe(ExitCode.NOT_FOUND);
  expect(await ok("image", "delete", "tiny", "--yes", "--wait")).toContain("tiny is deleted");
}, 60_000);

test("a host is removed", async () => {
  const [node] = await json<{ hostname: string }[]>("node", "list");
  expect(await ok("node", "rm", node?.hostname ?? "", "--force", "--yes")).toContain("is removed");
}, 60_000);
