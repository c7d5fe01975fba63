import { systemClock } from "@limiquantix/kit";
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { NfsExport, type NfsExportOptions } from "./nfs-export.ts";

const run = promisify(execFile);
const lab = join(import.meta.dirname, "../../../tools/lab/nfs");

let base: string;
const exported = (...path: string[]) => join(base, "export", ...path);
const server = (is: "stop" | "start" | "down") => run(lab, [is, join(base, "server")]);

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "lqx-nfs-"));
  await mkdir(exported());
  await run(lab, ["up", join(base, "server"), exported()]);
});

afterAll(async () => {
  await server("down");
  await rm(base, { recursive: true });
});

async function open(more: Partial<NfsExportOptions> = {}): Promise<NfsExport> {
  const files = await NfsExport.open({ server: "127.0.0.1", path: exported(), clock: systemClock, ...more });
  onTestFinished(() => files[Symbol.dispose]());
  return files;
}

const code = (code: string) => expect.objectContaining({ code });

test("files are made, read, found, renamed and removed", async () => {
  const files = await open();
  await files.makeDirectory("all", 0o711);
  const content = Buffer.alloc(300_000, "the whole of it ");
  await files.create("all/a", content);
  expect(await readFile(exported("all/a"))).toEqual(content);
  expect((await stat(exported("all/a"))).mode & 0o777).toBe(0o600);
  expect(await files.read("all/a", 0, 1_000_000)).toEqual(content);
  expect(await files.read("all/a", 299_990, 100)).toEqual(content.subarray(299_990));
  await expect(files.create("all/a", content)).rejects.toEqual(code("EEXIST"));
  expect(await files.stat("all/a")).toMatchObject({ type: "file", sizeBytes: 300_000 });
  await files.setMode("all/a", 0o640);
  expect((await stat(exported("all/a"))).mode & 0o777).toBe(0o640);

  await writeFile(exported("all/b"), "in its way");
  await files.rename("all/a", "all/b");
  expect((await files.list("all")).map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([["b", 300_000]]);
  await files.commit("all/b");
  await files.remove("all/b");
  await expect(files.remove("all/b")).rejects.toEqual(code("ENOENT"));
  await expect(files.stat("nowhere/x")).rejects.toEqual(code("ENOENT"));
  await expect(files.makeDirectory("all", 0o711)).rejects.toEqual(code("EEXIST"));
});

test("of several that link to one name at once one has it", async () => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => open()));
  for (const [at, client] of clients.entries()) await client.create(`who-${at}`, Buffer.from(String(at)));
  const tried = await Promise.allSettled(clients.map((client, at) => client.link(`who-${at}`, "owner")));
  expect(tried.filter(({ status }) => status === "fulfilled").length).toBe(1);
  const winner = tried.findIndex(({ status }) => status === "fulfilled");
  for (const client of clients) expect(String(await client.read("owner", 0, 10))).toBe(String(winner));
  for (const one of tried) if (one.status === "rejected") expect(one.reason).toEqual(code("EEXIST"));
});

test("a large directory is listed whole, links are seen for what they are, and holes take no room", async () => {
  const files = await open();
  await mkdir(exported("many"));
  const names = Array.from({ length: 1500 }, (_, at) => `a-rather-long-name-for-a-file-${at}`);
  for (const name of names) await writeFile(exported("many", name), "");
  expect((await files.list("many")).map(({ name }) => name).toSorted()).toEqual(names.toSorted());
  await mkdir(exported("kinds", "below"), { recursive: true });
  await symlink("/etc/passwd", exported("kinds/link"));
  await writeFile(exported("kinds/sparse"), "");
  await truncate(exported("kinds/sparse"), 10_000_000_000);
  const kinds = new Map((await files.list("kinds")).map(({ name, ...file }) => [name, file]));
  expect([...kinds].map(([name, { type }]) => [name, type]).toSorted()).toEqual([
    ["below", "directory"],
    ["link", "other"],
    ["sparse", "file"],
  ]);
  expect(kinds.get("sparse")).toMatchObject({ sizeBytes: 10_000_000_000, usedBytes: 0 });
  const { totalBytes, freeBytes, availableBytes } = await files.space();
  expect(availableBytes).toBeGreaterThan(0);
  expect(freeBytes).toBeGreaterThanOrEqual(availableBytes);
  expect(totalBytes).toBeGreaterThan(freeBytes);
});

test("it is somebody, whom the server may refuse", async () => {
  await mkdir(exported("roots"), { mode: 0o700 });
  const nobody = await open({ uid: 65_534, gid: 65_534 });
  await expect(nobody.list("roots")).rejects.toEqual(code("EACCES"));
  await mkdir(exported("theirs"));
  await chmod(exported("theirs"), 0o777);
  await nobody.create("theirs/x", Buffer.from("x"));
  expect((await stat(exported("theirs/x"))).uid).toBe(65_534);
});

test("what is no export is not opened", async () => {
  await expect(open({ path: "/nowhere" })).rejects.toThrow(/mount \/nowhere/);
  await expect(open({ server: "127.0.0.2", timeoutMs: 500, path: "/" })).rejects.toThrow();
});

test("a server that is gone holds nobody up, and one that is back is found again", async () => {
  const files = await open({ timeoutMs: 20_000 });
  await files.create("kept", Buffer.from("kept"));
  await server("stop");
  try {
    await expect(files.stat("kept")).rejects.toEqual(expect.objectContaining({ code: expect.stringMatching(/^E/) }));
    await expect(files.stat("kept")).rejects.toEqual(code("ECONNREFUSED"));
  } finally {
    await server("start");
  }
  expect(String(await files.read("kept", 0, 10))).toBe("kept");
});
