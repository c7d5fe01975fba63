import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createConnectTransport } from "@connectrpc/connect-node";
import { createClient, type Interceptor } from "@connectrpc/connect";
import type { DescService } from "@bufbuild/protobuf";
import { AuthService, Certificate_Kind, CertificateService, Node_Phase, NodeService } from "@limiquantix/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Daemon, root, until } from "./stack.ts";

const run = promisify(execFile);

/** A second machine: a network namespace of its own, a cable between the two, and a daemon with simulated guests. */
const machine = "lqx-join-2";
const here = "10.214.0.1";
const there = "10.214.0.2";
const port = 18_443;
const url = `https://${here}:${port}`;

let directory: string;
let controlPlane: Daemon;
let token = "";
/** Made at the start, for a minute. */
let shortLived = "";
let madeAt = 0;
const started: ChildProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-join-"));
  await run("ip", ["netns", "add", machine]);
  await run("ip", ["link", "add", "lqxj0", "type", "veth", "peer", "name", "eth0", "netns", machine]);
  await run("ip", ["addr", "add", `${here}/24`, "dev", "lqxj0"]);
  await run("ip", ["link", "set", "lqxj0", "up"]);
  for (const args of [
    ["addr", "add", `${there}/24`, "dev", "eth0"],
    ["link", "set", "eth0", "up"],
    ["link", "set", "lo", "up"],
  ]) {
    await run("ip", ["-n", machine, ...args]);
  }
  // Long enough to join in, short enough to see a renewal.
  controlPlane = await startControlPlane("control", port, "60s");
  const login = await readFile(join(directory, "control/first-login"), "utf8");
  const password = /password: (\S+)/.exec(login)?.[1] ?? "";
  const auth = createClient(AuthService, createConnectTransport({ httpVersion: "1.1", baseUrl: plainUrl(port) }));
  token = (await auth.login({ username: "admin", password })).token;
  shortLived = await joinCommand(1);
  madeAt = Date.now();
});

afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await controlPlane.stop();
  await run("ip", ["link", "del", "lqxj0"]).catch(() => {});
  await run("ip", ["netns", "del", machine]).catch(() => {});
  await rm(directory, { recursive: true, force: true });
});

const plainUrl = (https: number) => `http://127.0.0.1:${https - 1000}`;

async function startControlPlane(name: string, https: number, life: string): Promise<Daemon> {
  const listen = ["--listen", `127.0.0.1:${https - 1000}`, "--https-listen", `${here}:${https}`];
  const args = ["--data", join(directory, name), ...listen, "--certificate-life", life];
  const daemon = new Daemon("limiquantix-controlplane", args, join(directory, `${name}.log`));
  await daemon.start();
  await until("the control plane is ready", async () => (await fetch(`${plainUrl(https)}/ready`)).ok);
  return daemon;
}

function client<S extends DescService>(service: S) {
  const authorize: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Bearer ${token}`);
    return next(request);
  };
  return createClient(
    service,
    createConnectTransport({ httpVersion: "1.1", baseUrl: plainUrl(port), interceptors: [authorize] }),
  );
}

/** The line that `lqx node join-command` prints. */
async function joinCommand(expiresInMinutes = 0): Promise<string> {
  const made = await client(NodeService).createJoinToken({ expiresInMinutes });
  expect(made.controlPlane).toBe(url);
  return `limiquantix-node join ${made.controlPlane} --token ${made.token}`;
}

/** Pastes the line on the second machine. */
function paste(line: string, ...more: string[]) {
  const [program = "", ...args] = line.split(" ");
  const usual = ["--data", join(directory, "node"), "--hypervisor", "sim", "--log-level", "debug"];
  const command = ["netns", "exec", machine, join(root, "bin", program), ...args, ...usual, ...more];
  const child = spawn("ip", command, { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said };
}

async function refused(line: string): Promise<string> {
  const { child, said } = paste(line, "--no-start", "--data", join(directory, "refused"), "--listen", "0.0.0.0:9092");
  const [code] = (await once(child, "exit", { signal: AbortSignal.timeout(60_000) }).catch((cause: unknown) => {
    throw new Error(`it does not end, and said: ${said()}`, { cause });
  })) as [number | null];
  expect(code, said()).toBe(1);
  return said();
}

const hosts = async () => (await client(NodeService).listNodes({ phases: [Node_Phase.READY] })).nodes;

test("one pasted line joins a second machine; a used, expired or altered one does not, nor another control plane", async () => {
  const line = await joinCommand();
  const { said } = paste(line);
  await until("the second machine is READY", async () => (await hosts()).length === 1).catch((cause: unknown) => {
    throw new Error(`it said: ${said()}`, { cause });
  });
  const [host] = await hosts();
  expect(host?.spec?.agent?.endpoint).toBe(`https://${there}:9090`);
  expect((await stat(join(directory, "node/identity.json"))).mode & 0o777).toBe(0o600);

  expect(await refused(line)).toContain("the join token is unknown, used or expired");
  const fresh = await joinCommand();
  const altered = fresh.replace(/lqxjoin_./, (start) => (start.endsWith("A") ? "lqxjoin_B" : "lqxjoin_A"));
  expect(await refused(altered)).toContain("the join token is unknown, used or expired");
  expect(await refused(fresh.slice(0, -3))).toContain("incomplete or was altered");
  expect(await refused(`${fresh.slice(0, -43)}${"A".repeat(43)}`)).toContain("nothing was sent to it");

  const impostor = await startControlPlane("impostor", port + 1, "60s");
  try {
    expect(await refused(fresh.replace(`:${port}`, `:${port + 1}`))).toContain("is not the control plane");
  } finally {
    await impostor.stop();
  }
});

test("its certificate renews itself, and the host stays", async () => {
  const ofHosts = async () =>
    (await client(CertificateService).listCertificates({ kind: Certificate_Kind.NODE })).certificates;
  const before = new Set((await ofHosts()).map(({ id }) => id));
  const [host] = await untilSome("it is there", hosts);
  await until("there is another certificate", async () => (await ofHosts()).some(({ id }) => !before.has(id)), 90_000);
  expect((await hosts()).map(({ id }) => id)).toContain(host?.id);
});

test("its certificate revoked, the control plane lets go of it and dials it no more, until it joins again", async () => {
  const [certificate] = await untilSome("it has one", async () => {
    const { certificates } = await client(CertificateService).listCertificates({ kind: Certificate_Kind.NODE });
    return certificates;
  });
  await client(CertificateService).revokeCertificate({ id: certificate?.id ?? "" });
  await until("it is not READY", async () => (await hosts()).length === 0);
  const { said } = paste(await joinCommand(), "--listen", "0.0.0.0:9091");
  await until("it is READY again", async () => (await hosts()).length === 1).catch((cause: unknown) => {
    throw new Error(`it said: ${said()}`, { cause });
  });
});

test("an expired token is refused", async () => {
  await until("its minute is over", async () => Date.now() > madeAt + 61_000, 90_000);
  expect(await refused(shortLived)).toContain("the join token is unknown, used or expired");
});

test("decommissioned, it is locked out at once, and joins again with a new token", async () => {
  const [host] = await untilSome("it is there", hosts);
  const nodeId = host?.id ?? "";
  const identity = JSON.parse(await readFile(join(directory, "node/identity.json"), "utf8")) as {
    certificatePem: string;
    privateKeyPem: string;
    caCertificatePem: string;
  };
  const nodeOptions = {
    ca: identity.caCertificatePem,
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    servername: "control-plane.limiquantix.internal",
  };
  const asHost = createClient(NodeService, createConnectTransport({ httpVersion: "2", baseUrl: url, nodeOptions }));
  await asHost.updateHeartbeat({ nodeId });
  await client(NodeService).decommissionNode({ id: nodeId, force: true });
  await expect(asHost.updateHeartbeat({ nodeId })).rejects.toThrow(/certificate of .* is not good: it was revoked/);
  await expect(asHost.registerNode({ hostname: "again", machineId: "again" })).rejects.toThrow(/it was revoked/);
  const again = paste(await joinCommand(), "--no-start", "--listen", "0.0.0.0:9093");
  const [code] = (await once(again.child, "exit")) as [number | null];
  expect(code, again.said()).toBe(0);
});

async function untilSome<T>(what: string, ask: () => Promise<T[]>): Promise<T[]> {
  let found: T[] = [];
  await until(what, async () => (found = await ask()).length > 0);
  return found;
}
