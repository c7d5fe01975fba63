import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ExitCode } from "./exit-codes.ts";
import { lqxProcess } from "./testing/processes.ts";
import { startSimPlatform, type SimPlatform } from "./testing/sim-platform.ts";

/* Pools, volumes, snapshots, templates and the recycle bin on the command line, with simulated storage. */

let it: SimPlatform;
let hostname = "";

beforeAll(async () => {
  it = await startSimPlatform("storage");
  [{ hostname } = { hostname: "" }] = await it.json<{ hostname: string }[]>("node", "list");
  const file = join(it.home, "tiny.img");
  await writeFile(file, Buffer.alloc(3 * 1024 * 1024, "limiquantix"));
  await it.ok("image", "upload", file);
}, 300_000);

afterAll(() => it[Symbol.asyncDispose](), 60_000);

test("pools of every kind are added; a secret comes through a pipe and is not seen again", async () => {
  const { ok, lqx, env } = it;
  const nfs = ["pool", "add", "nfs", "fast", "10.0.0.5:/srv", "--version", "4.2", "--node", hostname];
  expect(await ok(...nfs, "--dry-run")).toContain("nothing was changed");
  expect(await ok(...nfs, "--warn-at", "70%", "--wait")).toBe("fast is READY\n");
  const rbd = ["pool", "add", "rbd", "ceph", "--monitor", "mon-1", "--pool", "vms", "--all-nodes", "--wait"];
  const keyring = "[client.lqx]\n\tkey = c2VjcmV0\n";
  expect((await lqxProcess([...rbd, "--key-stdin"], env, keyring)).out).toBe("ceph is READY\n");
  const shown = await ok("pool", "show", "ceph");
  expect(shown).toContain("vms at mon-1:3300 as client.lqx");
  expect(shown + (await ok("pool", "show", "ceph", "-o", "json"))).not.toContain("c2VjcmV0");
  const lun = ["--portal", "10.0.0.6", "--target", "iqn.2026-11.test:lun", "--shared", "--all-nodes", "--wait"];
  expect(await ok("pool", "add", "iscsi", "san", ...lun)).toBe("san is READY\n");
  const group = ["--controller", "ctl", "--resource-group", "g", "--all-nodes", "--wait"];
  expect(await ok("pool", "add", "linstor", "drbd", ...group)).toBe("drbd is READY\n");
  const bare = await lqx("pool", "add", "local", "ssd", "--path", "/srv/ssd");
  expect([bare.code, bare.err]).toEqual([ExitCode.OK, expect.stringContaining("lqx pool assign ssd HOST")]);
  expect(await ok("pool", "assign", "ssd", hostname, "--wait")).toBe("ssd is READY\n");
  expect((await lqx("pool", "add", "nfs", "fast", "s:/e", "--node", hostname)).code).toBe(ExitCode.CONFLICT);
  expect((await lqx("pool", "add", "nfs", "x", "s", "--node", hostname)).err).toContain("Write it as SERVER:/PATH.");
  expect(await ok("pool", "list", "--backend", "nfs")).toMatch(/^NAME.*\nfast .*\n$/);
}, 300_000);

test("pools change, and go while nothing is in them", async () => {
  const { ok, lqx } = it;
  expect(await ok("pool", "edit", "fast", "--stop-at", "90", "-l", "tier=a", "--wait")).toContain("fast is");
  expect(await ok("pool", "show", "fast")).toContain("warns at 70 % used, full at 90 %");
  const stolen = await lqx("pool", "edit", "ceph", "--monitor", "mon-2");
  expect([stolen.code, stolen.err]).toEqual([ExitCode.USAGE, expect.stringContaining("must be sent again")]);
  expect((await lqx("pool", "edit", "ceph", "--chap-user", "x")).err).toContain("a pool of rbd has no such settings");
  expect(await ok("pool", "reconnect", "ssd", "--wait")).toBe("ssd is READY\n");
  expect(await ok("pool", "unassign", "ssd", hostname, "--wait")).toContain("ssd is");
  expect((await lqx("pool", "rm", "ssd")).err).toContain("there is no terminal to ask");
  expect(await ok("pool", "rm", "ssd", "--yes", "--wait")).toContain("ssd is forgotten");
}, 300_000);

test("a volume: made, attached, moved and grown under a running guest, detached, copied", async () => {
  const { ok, lqx } = it;
  await ok("vm", "create", "web", "--image", "tiny", "--pool", "ceph", "--no-ssh-key", "--wait");
  expect((await lqx("volume", "create", "data", "--size", "1G")).err).toContain("nothing says where");
  expect(await ok("volume", "create", "data", "--size", "10G", "--pool", "fast", "--wait")).toBe(
    "data is READY: 10 GiB in fast\n",
  );
  expect(await ok("volume", "attach", "data", "web", "--wait")).toContain("data is ATTACHED");
  expect(await ok("volume", "move", "data", "ceph", "--wait")).toContain("10 GiB in ceph");
  expect(await ok("volume", "resize", "data", "+2G", "--wait")).toContain("12 GiB in ceph");
  const smaller = await lqx("volume", "resize", "data", "5G");
  expect([smaller.code, smaller.err]).toEqual([expect.any(Number), expect.stringContaining("try this:")]);
  expect(await ok("volume", "list", "--vm", "web")).toMatch(/data\s+ATTACHED\s+12 GiB.*ceph\s+web/);
  expect((await lqx("volume", "rm", "data", "--yes")).code).toBe(ExitCode.CONFLICT);
  expect(await ok("volume", "detach", "data", "--wait")).toContain("data is READY");
  expect(await ok("volume", "clone", "data", "copy", "--wait")).toContain("copy is READY: 12 GiB in ceph");
  expect(await ok("volume", "edit", "copy", "--name", "data", "--description", "twin")).toContain("data is READY");
  const two = await lqx("volume", "show", "data");
  expect([two.code, two.err]).toEqual([ExitCode.USAGE, expect.stringMatching(/Give the id: .* \(in ceph, made .*\)/)]);
  const [twin] = (await it.json<{ id: string; description?: string }[]>("volume", "list", "data")).filter(
    ({ description }) => description === "twin",
  );
  expect(await ok("volume", "rm", twin?.id ?? "", "--yes", "--keep-for", "7d")).toContain("in the recycle bin until");
  expect(await ok("volume", "list", "--recycled")).toMatch(/data\s+RECYCLED/);
  expect((await lqx("__complete", "--", "volume", "restore", "d")).out).toBe("data\n");
  expect(await ok("volume", "restore", twin?.id ?? "")).toContain("is READY");
  expect(await ok("volume", "rm", twin?.id ?? "", "--now", "--yes", "--wait")).toBe("data is deleted\n");
  expect(await ok("pool", "files", "ceph")).toContain("VOLUME");
  expect((await lqx("pool", "files", "ceph", "--orphans")).err).toContain("nothing is left over");
}, 300_000);

test("snapshots: a tree, back to one, and away", async () => {
  const { ok, lqx } = it;
  expect(await ok("snapshot", "create", "web", "clean", "--wait")).toContain("snapshot clean of web is READY");
  expect(await ok("snapshot", "create", "web", "live", "--memory", "--quiesce", "--wait")).toMatch(
    /is READY, with memory, .*quiesced/,
  );
  expect(await ok("snapshot", "revert", "web", "clean", "--start", "--yes", "--wait")).toContain("web is RUNNING");
  expect(await ok("snapshot", "ls", "web")).toMatch(/\nclean .*\n├─ live .*\n└─ \(now\)\n$/);
  expect(await it.json("snapshot", "ls", "web")).toMatchObject({ snapshots: [{ name: "clean" }, { name: "live" }] });
  expect((await lqx("snapshot", "revert", "web", "lvie", "--yes")).err).toContain("It has clean, live.");
  expect((await lqx("__complete", "--", "snapshot", "rm", "web", "l")).out).toBe("live\n");
  expect(await ok("snapshot", "rm", "web", "live", "--yes", "--wait")).toBe("snapshot live of web is deleted\n");
  const linked = ["--from", "web-disk-1", "--snapshot", "clean", "--linked", "--wait"];
  expect(await ok("volume", "create", "shared", ...linked)).toContain("shared is READY: 10 GiB in ceph");
  await ok("volume", "rm", "shared", "--now", "--yes", "--wait");
}, 300_000);

test("a shared volume: made, attached to two VMs, shown with both, taken from one and then the other", async () => {
  const { ok, lqx } = it;
  for (const name of ["node-a", "node-b"]) {
    await ok("vm", "create", name, "--disk", "1G", "--pool", "fast", "--wait");
  }
  expect((await lqx("volume", "create", "quorum", "--shared", "--from", "web-disk-1")).err).toContain("empty to begin");
  await ok("volume", "create", "quorum", "--shared", "--size", "1G", "--pool", "ceph", "--wait");
  for (const name of ["node-a", "node-b"]) await ok("volume", "attach", "quorum", name, "--wait");
  expect(await ok("volume", "ls")).toMatch(/\nquorum\s+ATTACHED.*node-a, node-b/);
  expect(await ok("volume", "get", "quorum")).toMatch(/Shared: .*\nVMs: +node-a, node-b\n/);
  expect((await lqx("snapshot", "create", "node-a", "one")).err).toContain("quorum");
  expect((await lqx("volume", "detach", "quorum")).err).toContain("say which");
  expect(await ok("volume", "detach", "quorum", "node-a", "--wait")).toContain("quorum is ATTACHED");
  expect(await ok("volume", "detach", "quorum", "--wait")).toContain("quorum is READY");
  for (const name of ["node-a", "node-b"]) await ok("vm", "rm", name, "--force", "--now", "--yes", "--wait");
  await ok("volume", "rm", "quorum", "--now", "--yes", "--wait");
}, 300_000);

test("snapshot schedules: made, looked at, run, changed, and away", async () => {
  const { ok, lqx } = it;
  const nightly = ["snapshot", "schedule", "create", "nightly", "--cron", "0 2 * * *"];
  expect((await lqx(...nightly)).err).toContain("nothing says which VMs");
  expect((await lqx(...nightly, "--all", "--zone", "Mars")).err).toContain("is no known time zone");
  const flags = ["--vm", "web", "--zone", "Europe/Berlin", "--keep-last", "2", "--keep-for", "36h"];
  expect(await ok(...nightly, ...flags, "--dry-run")).toContain("nothing was changed");
  expect(await ok(...nightly, ...flags)).toMatch(/^snapshot schedule nightly is made; it runs next at 2/);
  expect((await lqx(...nightly, "--all")).code).toBe(ExitCode.CONFLICT);
  expect(await ok("snap", "schedule", "ls")).toMatch(
    /\nnightly\s+0 2 \* \* \*\s+Europe\/Berlin\s+1\s+the last 2 and 36 h\s+2\d{3}-/,
  );
  expect(await ok("snapshot", "schedule", "run", "nightly", "--wait")).toBe("snapshot schedule nightly 1 taken\n");
  const shown = await ok("snapshot", "schedule", "get", "nightly");
  expect(shown).toMatch(/Next: +2.*(\n +2.*){4}\n/);
  expect(shown).toMatch(/VMs: +web\n/);
  const { snapshots } = await it.json<{ snapshots: { name: string; scheduleId?: string }[] }>("snapshot", "ls", "web");
  const taken = snapshots.find(({ scheduleId }) => scheduleId)?.name ?? "";
  expect(taken).toMatch(/^nightly-2.*Z$/);
  expect(await ok("snapshot", "edit", "web", taken, "--name", "kept")).toBe("snapshot kept of web is changed\n");
  expect(await ok("snapshot", "schedule", "edit", "nightly", "--disable", "--with-label", "a=b")).toContain("off");
  expect((await lqx("snapshot", "schedule", "edit", "nightly")).err).toContain("nothing to change");
  expect((await lqx("__complete", "--", "snapshot", "schedule", "rm", "n")).out).toBe("nightly\n");
  expect(await ok("snapshot", "schedule", "rm", "nightly", "--snapshots", "--yes")).toContain("0 snapshots go, 0 stay");
  await ok("snapshot", "rm", "web", "kept", "--yes", "--wait");
}, 120_000);

test("clones and templates", async () => {
  const { ok, lqx } = it;
  const asItWas = ["--linked", "--snapshot", "clean", "--wait"];
  expect(await ok("vm", "clone", "web", "web-old", ...asItWas)).toContain("web-old is STOPPED");
  await ok("vm", "rm", "web-old", "--now", "--yes", "--wait");
  expect((await lqx("template", "deploy", "web", "app")).err).toContain("lqx template make web");
  await ok("vm", "stop", "web", "--force", "--wait");
  expect(await ok("template", "make", "web")).toBe("web is a template\n");
  expect(await ok("template", "ls")).toMatch(/\nweb /);
  expect(await ok("vm", "ls")).toMatch(/web\s+TEMPLATE/);
  expect((await lqx("vm", "start", "web")).code).toBe(ExitCode.CONFLICT);
  expect(await ok("template", "deploy", "web", "app", "--linked", "--start", "--wait")).toContain("app is RUNNING");
  expect((await lqx("template", "unmake", "web")).err).toContain("VM app");
  await ok("vm", "rm", "app", "--force", "--now", "--yes", "--wait");
  expect(await ok("template", "unmake", "web")).toBe("web is a VM again\n");
}, 300_000);

test("the recycle bin of VMs", async () => {
  const { ok, lqx } = it;
  expect((await lqx("vm", "rm", "web", "--now", "--keep-for", "7d", "--yes")).code).toBe(ExitCode.USAGE);
  expect(await ok("vm", "rm", "web", "--keep-for", "36h", "--yes", "--wait")).toContain(
    "web is in the recycle bin until",
  );
  expect(await ok("vm", "bin", "ls")).toMatch(/\nweb\s+1\s+\d+s\s+dev /);
  expect((await lqx("__complete", "--", "vm", "bin", "restore", "")).out).toBe("web\n");
  expect(await ok("vm", "bin", "restore", "web", "--wait")).toContain("web is STOPPED");
  expect(await ok("snapshot", "ls", "web")).toContain("clean");
  await ok("snapshot", "rm", "web", "clean", "--yes", "--wait");
  expect(await ok("vm", "rm", "web", "--keep-volumes", "--yes", "--wait")).toBe("web is deleted\n");
  expect(await ok("volume", "ls", "--free")).toContain("web-disk-1");
  await ok("vm", "create", "gone", "--disk", "1G", "--pool", "fast", "--no-start", "--wait");
  await ok("vm", "rm", "gone", "--yes", "--wait");
  expect(await ok("vm", "bin", "purge", "gone", "--yes", "--wait")).toBe("gone is deleted for good\n");
  expect((await lqx("vm", "bin", "restore", "gone")).code).toBe(ExitCode.NOT_FOUND);
}, 300_000);
