import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import {
  AuthService,
  ConsoleInfo_Type,
  fromConnectError,
  ImageService,
  ImageStatus_Phase,
  Node_Phase,
  NodeService,
  Reason,
  VMService,
  VmStatus_PowerState,
} from "@limiquantix/api";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { startControlPlane } from "./test-suites/start.ts";
import { startSimHost } from "./test-suites/sim-host.ts";

// Starting a process takes seconds on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-hosts-"));
});

afterEach(() => rm(directory, { recursive: true }));

function clients(baseUrl: string, token = "") {
  const withToken: Interceptor = (next) => (request) => {
    if (token) request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  const transport = createConnectTransport({ baseUrl, httpVersion: "2", interceptors: [withToken] });
  return {
    auth: createClient(AuthService, transport),
    nodes: createClient(NodeService, transport),
    vms: createClient(VMService, transport),
    images: createClient(ImageService, transport),
  };
}

/** Asks until the answer is there, for 20 s at most. */
async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("it did not come about within 20 s");
}

async function runningVm({ vms }: ReturnType<typeof clients>, name: string): Promise<string> {
  const spec = { cpu: { cores: 1 }, memory: { sizeMib: 128n }, disks: [{ sizeGib: 1n }] };
  const { vm } = await vms.createVM({ name, spec, startOnCreate: true });
  const id = vm?.id ?? "";
  await until(async () => (await vms.getVM({ id })).status?.state === VmStatus_PowerState.RUNNING);
  return id;
}

test("the quick start: a host joins and is READY; a VM runs; its console opens once per ticket", async () => {
  await using program = await startControlPlane("--dev");
  await using host = await startSimHost({ controlPlane: program.url });
  await until(async () => host.registered());
  const node = await until(async () => {
    const response = await fetch(`${program.url}/limiquantix.compute.v1.NodeService/ListNodes`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    const { nodes = [] } = (await response.json()) as { nodes?: { hostname: string; status: { phase: string } }[] };
    return nodes.find(({ status }) => status.phase === "READY");
  });
  expect(node.hostname).toBe("sim-1");

  const api = clients(program.url);
  const vmId = await runningVm(api, "web-1");
  const info = await api.vms.getConsole({ vmId, type: ConsoleInfo_Type.SERIAL });
  expect(`http://${info.host}:${info.port}`).toBe(program.url);
  const url = `${program.url.replace("http", "ws")}${info.websocketUrl}`;
  const ws = new WebSocket(url);
  let screen = "";
  ws.on("message", (data: Buffer) => (screen += data.toString()));
  await new Promise((resolve, reject) => {
    ws.once("open", resolve);
    ws.once("error", reject);
  });
  ws.send(Buffer.from("hello\r"));
  await until(async () => /hello[\s\S]*web-1 login: /.test(screen));
  const closed = new Promise<number>((resolve) => void ws.once("close", resolve));
  ws.close(1000);
  expect(await closed).toBe(1000);
  const again = new WebSocket(url);
  const refusal = await new Promise<string>((resolve) => again.once("error", (error) => resolve(error.message)));
  expect(refusal).toContain("401");
  await api.vms.stopVM({ id: vmId, force: true });
  await until(async () => (await api.vms.getVM({ id: vmId })).status?.state === VmStatus_PowerState.STOPPED);
  const failure = await api.vms.getConsole({ vmId }).catch(fromConnectError);
  expect(failure).toMatchObject({ reason: Reason.CONSOLE_VM_NOT_RUNNING });
});

test("without --dev a host joins with a token that is good once, and is dialled over mutual TLS", async () => {
  const data = join(directory, "data");
  await using program = await startControlPlane("--data", data);
  const joinToken = (await readFile(join(data, "first-join-token"), "utf8")).trim();
  await using host = await startSimHost({ controlPlane: program.url, joinToken, tls: true });
  await until(async () => host.registered());
  const password = /password: (\S+)/.exec(await readFile(join(data, "first-login"), "utf8"))?.[1] ?? "";
  const { token } = await clients(program.url).auth.login({ username: "admin", password });
  const api = clients(program.url, token);
  const ready = await until(async () => {
    const { nodes } = await api.nodes.listNodes({});
    return nodes[0]?.status?.phase === Node_Phase.READY && nodes[0];
  });
  expect(ready.spec?.agent?.endpoint).toMatch(/^https:/);
  await runningVm(api, "web-1");

  const second = { hostname: "sim-2", machineId: "another-machine", joinToken };
  const refused = await clients(program.url).nodes.registerNode(second).catch(fromConnectError);
  expect(refused).toMatchObject({ reason: Reason.JOIN_TOKEN_INVALID });
  const asUser = await api.nodes.registerNode(second).catch(fromConnectError);
  expect(asUser).toMatchObject({ reason: Reason.PERMISSION_DENIED });
});

test("an image of some size goes through to the host", async () => {
  await using program = await startControlPlane("--dev");
  await using host = await startSimHost({ controlPlane: program.url });
  await until(async () => host.registered());
  const { nodes, images } = clients(program.url);
  await until(async () => (await nodes.listNodes({})).nodes[0]?.status?.phase === Node_Phase.READY);
  const chunk = new Uint8Array(1024 * 1024).fill(7);
  const imageId = (await images.createImage({ name: "big" })).image?.id ?? "";
  async function* parts() {
    yield { part: { case: "header" as const, value: { imageId } } };
    for (let i = 0; i < 12; i++) yield { part: { case: "chunk" as const, value: chunk } };
  }
  const image = await images.uploadImage(parts());
  expect(image.status).toMatchObject({ phase: ImageStatus_Phase.READY, sizeBytes: BigInt(12 * chunk.length) });
});
