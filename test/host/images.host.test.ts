import { execFile } from "node:child_process";
import { mkdir, readdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createReadStream } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildImage } from "./guest.ts";
import { Stack } from "./stack.ts";

const run = promisify(execFile);

/** Files that are damaged, hostile or not what they were said to be: refused with a reason, and nothing half-made. */
let stack: Stack;
let directory: string;
let server: Server;
let url: string;

beforeAll(async () => {
  const tiny = await buildImage("tiny");
  stack = await Stack.start();
  directory = join(stack.directory, "files");
  await mkdir(directory);
  server = createServer((request, response) => {
    if (request.url !== "/tiny.qcow2") return void response.writeHead(404).end();
    response.writeHead(200);
    createReadStream(tiny).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  await stack[Symbol.asyncDispose]();
});

test("a qcow2 that names a backing file could read the host: refused", async () => {
  const file = join(directory, "backed.qcow2");
  await run("qemu-img", ["create", "-q", "-f", "qcow2", "-b", "/etc/shadow", "-F", "raw", file, "1M"]);
  await expect(stack.lqx(["image", "upload", file, "--name", "backed"])).rejects.toThrow(/refers to another file/);
});

test("a qcow2 that was cut off: refused", async () => {
  const file = join(directory, "cut.qcow2");
  await run("qemu-img", ["create", "-q", "-f", "qcow2", "-o", "preallocation=full", file, "8M"]);
  await truncate(file, 1_000_000);
  await expect(stack.lqx(["image", "upload", file, "--name", "cut"])).rejects.toThrow(/damaged or incomplete/);
});

test("a file that is no disk: refused", async () => {
  const file = join(directory, "notes.txt");
  await writeFile(file, "# not a disk\n".repeat(100));
  await expect(stack.lqx(["image", "upload", file, "--name", "notes"])).rejects.toThrow(/no disk image/);
});

test("a download whose checksum differs: refused; with the right one it is an image", async () => {
  const source = `${url}/tiny.qcow2`;
  const wrong = ["image", "import", source, "--name", "wrong", "--checksum", "0".repeat(64), "--wait"];
  await expect(stack.lqx(wrong)).rejects.toThrow(/checksum is/);
  await expect(stack.lqx(["image", "import", `${url}/nowhere`, "--name", "nowhere", "--wait"])).rejects.toThrow(
    /could not be fetched/,
  );
  const { stdout } = await run("sha256sum", [await buildImage("tiny")]);
  await stack.lqx(["image", "import", source, "--name", "right", "--checksum", stdout.slice(0, 64), "--wait"]);
  const image = await stack.json<{ status: { phase: string; format: string } }>("image", "get", "right");
  expect(image.status).toMatchObject({ phase: "READY", format: "QCOW2" });
});

test("nothing of what was refused is in the pool", async () => {
  const files = await readdir(join(stack.poolPath, "images"));
  expect(files.filter((name) => name.endsWith(".qcow2"))).toHaveLength(1);
  expect(await readdir(join(stack.poolPath, "partial"))).toEqual([]);
});

test("a guest boots from it by UEFI", async () => {
  const args = ["--image", "right", "--memory", "256MiB", "--cpu", "1", "--firmware", "uefi", "--wait"];
  await stack.lqx(["vm", "create", "efi-1", ...args]);
  expect(await stack.lqx(["vm", "ssh", "efi-1", "--wait", "-u", "tiny", "--", "ls -d /sys/firmware/efi"])).toContain(
    "/sys/firmware/efi",
  );
});
