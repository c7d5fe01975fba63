import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { AuthService, fromConnectError, Reason, SystemService } from "@limiquantix/api";
import { Health } from "@limiquantix/api/grpc";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { runControlPlane, startControlPlane } from "./test-suites/start.ts";

// Starting a process takes seconds on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 90_000 });

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-controlplane-"));
});

afterEach(() => rm(directory, { recursive: true }));

function clients(baseUrl: string, token = "") {
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: "1.1",
    interceptors: [
      (next) => (request) => {
        if (token) request.header.set("authorization", `Bearer ${token}`);
        return next(request);
      },
    ],
  });
  return { auth: createClient(AuthService, transport), system: createClient(SystemService, transport) };
}

test("without --dev a token is needed; a session outlives kill -9; a changed password takes the note away", async () => {
  const data = join(directory, "data");
  let token: string;
  let password: string;
  {
    await using program = await startControlPlane("--data", data);
    const note = await readFile(join(data, "first-login"), "utf8");
    password = /password: (\S+)/.exec(note)?.[1] ?? "";
    expect(program.output()).toContain(`first login: user admin, password in ${data}/first-login`);
    expect(password).not.toBe("");
    expect(program.output()).not.toContain(password);
    const denied = await clients(program.url).system.getSystemInfo({}).catch(fromConnectError);
    expect(denied).toMatchObject({ reason: Reason.UNAUTHENTICATED });
    expect((await fetch(`${program.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${program.url}/health`)).status).toBe(200);
    await createClient(Health, createGrpcTransport({ baseUrl: program.url })).check({});
    ({ token } = await clients(program.url).auth.login({ username: "admin", password }));
    expect((await fetch(`${program.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    await program.stop("SIGKILL");
  }
  {
    await using program = await startControlPlane("--data", data);
    expect(program.output()).not.toContain("first login");
    const { system, auth } = clients(program.url, token);
    expect(await system.getSystemInfo({})).toMatchObject({ store: "sqlite", openLoopback: false });
    await auth.changePassword({ oldPassword: password, newPassword: "a better one" });
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  }
  await using program = await startControlPlane("--data", data);
  await clients(program.url).auth.login({ username: "admin", password: "a better one" });
  await expect(readFile(join(data, "first-login"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("what it keeps is its user's alone", async () => {
  const data = join(directory, "data");
  await using program = await startControlPlane("--data", data);
  expect(program.output()).toContain("listening on http://127.0.0.1:");
  const modeOf = async (name: string) => (await stat(join(data, name))).mode & 0o777;
  expect(await modeOf(".")).toBe(0o700);
  for (const name of ["state.db", "ca.pem", "secrets.key", "first-login", "first-join-token"])
    expect(await modeOf(name)).toBe(0o600);
});

test("a second one on the same data says so and ends", async () => {
  const data = join(directory, "data");
  await using first = await startControlPlane("--data", data);
  const { code, output } = await runControlPlane("--data", data, "--listen", "127.0.0.1:0", "--https-listen", "off");
  expect(code).toBe(1);
  expect(output).toContain("another control plane has it open");
  expect((await first.stop()).code).toBe(0);
});

test("--dev for others than this machine, and a port that is taken: each is told and nothing starts", async () => {
  expect(await runControlPlane("--dev", "--listen", "0.0.0.0:8080")).toMatchObject({
    code: 2,
    output: expect.stringContaining("this machine only") as string,
  });
  await using program = await startControlPlane("--dev");
  const taken = await runControlPlane("--dev", "--listen", new URL(program.url).host);
  expect(taken).toMatchObject({ code: 1, output: expect.stringContaining("EADDRINUSE") as string });
});

test("over TLS, HTTP/1.1 and HTTP/2", async () => {
  const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  await promisify(execFile)("openssl", [...request, ...subject, "-keyout", key, "-out", cert]);
  await using program = await startControlPlane(
    "--dev",
    "--https-listen",
    "127.0.0.1:0",
    "--tls-cert",
    cert,
    "--tls-key",
    key,
  );
  expect(program.httpsUrl).toMatch(/^https:/);
  const nodeOptions = { ca: [await readFile(cert)] };
  for (const httpVersion of ["1.1", "2"] as const) {
    const transport = createConnectTransport({ baseUrl: program.httpsUrl, httpVersion, nodeOptions });
    expect(await createClient(SystemService, transport).getSystemInfo({})).toMatchObject({ store: "memory" });
  }
  expect((await program.stop()).code).toBe(0);
});
