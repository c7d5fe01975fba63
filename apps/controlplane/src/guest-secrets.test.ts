import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { NodeService, Node_Phase, Reason, Task_State, TaskService, VMService } from "@limiquantix/api";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startSimHost } from "./test-suites/sim-host.ts";
import { runControlPlane, startControlPlane } from "./test-suites/start.ts";

// Starting a process takes seconds on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 90_000 });

let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "lqx-secrets-"));
});

afterEach(() => rm(data, { recursive: true }));

function clients(baseUrl: string) {
  const transport = createConnectTransport({ baseUrl, httpVersion: "2" });
  return {
    vms: createClient(VMService, transport),
    nodes: createClient(NodeService, transport),
    tasks: createClient(TaskService, transport),
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

/** Which files of the data directory, as they are on the disk right now, have one of the guest's secrets in them. */
async function filesWithSecrets(): Promise<string[]> {
  const names = await readdir(data);
  // There would be nothing to find in a store that keeps its rows elsewhere.
  expect(names).toEqual(expect.arrayContaining(["state.db", "state.db-wal", "secrets.key"]));
  const found: string[] = [];
  for (const name of names) {
    if (/\$6\$|correct horse|marker-of-/.test(await readFile(join(data, name), "latin1"))) found.push(name);
  }
  return found;
}

const cloudInit = {
  username: "ann",
  password: "correct horse",
  userData: "#cloud-config\nmarker-of-user-data: 1",
  networkConfig: "version: 2\nethernets: {marker-of-network: {dhcp4: true}}",
};

const request = { name: "web-1", spec: { provisioning: { cloudInit } }, idempotencyKey: "k1" };

async function readyHost(url: string): Promise<void> {
  const { nodes } = clients(url);
  await until(async () => (await nodes.listNodes({})).nodes[0]?.status?.phase === Node_Phase.READY);
}

test("no secret of a guest is ever in the data directory: not while its host is awaited, not after it was made", async () => {
  await using program = await startControlPlane("--dev", "--data", data);
  await using host = await startSimHost({ controlPlane: program.url });
  await readyHost(program.url);
  const { vms, tasks } = clients(program.url);
  // The volume takes this long, and the seed comes after it.
  host.host.faults.slowDiskMs = 1000;
  const { vm, task } = await vms.createVM(request);
  expect(host.host.seeds.size).toBe(0);
  expect(await filesWithSecrets()).toEqual([]);
  expect((await vms.createVM(request)).vm?.id).toBe(vm?.id);
  await vms.updateVM({ id: vm?.id ?? "", description: "written again", updateMask: { paths: ["description"] } });
  expect(await filesWithSecrets()).toEqual([]);
  await until(async () => (await tasks.getTask({ id: task?.id ?? "" })).state === Task_State.SUCCEEDED);
  const seed = [...(host.host.seeds.get(vm?.id ?? "")?.values() ?? [])].join("\n");
  expect(seed).toMatch(/\$6\$[\s\S]*marker-of-user-data[\s\S]*marker-of-network/);
  expect(await filesWithSecrets()).toEqual([]);
  await program.stop();
  expect(await readFile(join(data, "state.db"), "latin1")).not.toMatch(/\$6\$|correct horse|marker-of-/);
});

test("after kill -9 what waits is still known to the same key, and without it fails and says what to do", async () => {
  const started = await startControlPlane("--dev", "--data", data);
  await using stack = new AsyncDisposableStack();
  const { host } = stack.use(await startSimHost({ controlPlane: started.url }));
  await readyHost(started.url);
  host.faults.diskFull = true;
  const { vm, task } = await clients(started.url).vms.createVM(request);
  const id = vm?.id ?? "";
  const endOf = ({ tasks }: ReturnType<typeof clients>, taskId = "") =>
    until(async () => {
      const { state, error } = await tasks.getTask({ id: taskId });
      return state >= Task_State.SUCCEEDED && { state, reason: error?.reason };
    });
  expect(await endOf(clients(started.url), task?.id)).toEqual({ state: Task_State.FAILED, reason: Reason.POOL_FULL });
  await started.stop("SIGKILL");
  expect(await filesWithSecrets()).toEqual([]);
  host.faults.diskFull = false;

  const keyFile = join(data, "secrets.key");
  const key = await readFile(keyFile, "utf8");
  const again = ["--dev", "--data", data, "--listen", new URL(started.url).host];
  const startVm = async () => {
    await readyHost(started.url);
    const api = clients(started.url);
    return endOf(api, (await api.vms.startVM({ id })).task?.id);
  };
  await writeFile(keyFile, "too short\n");
  const damaged = await runControlPlane(...again);
  expect(damaged).toMatchObject({ code: 1, output: expect.stringContaining("secrets.key is damaged") as string });
  await rm(keyFile);
  {
    await using program = await startControlPlane(...again);
    expect(await startVm()).toEqual({ state: Task_State.FAILED, reason: Reason.GUEST_SECRETS_UNREADABLE });
    await program.stop();
  }
  await writeFile(keyFile, key);
  stack.use(await startControlPlane(...again));
  expect(await startVm()).toMatchObject({ state: Task_State.SUCCEEDED });
  expect([...(host.seeds.get(id)?.values() ?? [])].join("\n")).toMatch(/\$6\$[\s\S]*marker-of-user-data/);
  expect(await filesWithSecrets()).toEqual([]);
});
