import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { NodeDaemonService } from "@limiquantix/api/daemon";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

test("with --dev it says that it simulates, answers gRPC, and ends when told", async () => {
  const { child, lines } = start(["--dev", "--listen", "127.0.0.1:0"]);
  const [listening, hypervisor] = [await lines.next(), await lines.next()];
  const port = /:(\d+) /.exec(String(listening.value))?.[1];
  expect(hypervisor.value).toContain("SIMULATED");
  const client = createClient(NodeDaemonService, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
  expect(await client.healthCheck({})).toMatchObject({ healthy: true, hypervisor: "sim" });
  child.kill("SIGTERM");
  expect((await once(child, "exit"))[0]).toBe(0);
});

test("without a libvirt it refuses to start and says what to do", async () => {
  const { child, errors } = start(["--listen", "127.0.0.1:0", "--libvirt-socket", "/nowhere/libvirt-sock"]);
  expect((await once(child, "exit"))[0]).toBe(1);
  expect(errors()).toContain("there is no libvirt at /nowhere/libvirt-sock");
  expect(errors()).toContain("--hypervisor sim");
});

test("a wrong command line ends with 2 and the usage", async () => {
  const { child, errors } = start(["--hypervisor", "xen"]);
  expect((await once(child, "exit"))[0]).toBe(2);
  expect(errors()).toContain("Usage: limiquantix-node");
});

function start(args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, lines, errors: () => text };
}
