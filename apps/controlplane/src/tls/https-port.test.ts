import { createHash, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import {
  AuthService,
  CertificateService,
  controlPlaneName,
  fromConnectError,
  NodeService,
  Reason,
} from "@limiquantix/api";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runControlPlane, startControlPlane, type Program } from "../test-suites/start.ts";

// Starting a process takes seconds on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

let directory: string;
let program: Program;
let ca: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lqx-https-"));
  const data = join(directory, "data");
  program = await startControlPlane("--data", data, "--https-listen", "127.0.0.1:0", "--public-name", "cp.test");
  const text = await readFile(join(data, "ca.pem"), "utf8");
  ca = text.slice(text.indexOf("-----BEGIN CERTIFICATE-----"));
});

afterAll(async () => {
  await program[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const port = () => Number(new URL(program.httpsUrl).port);

async function chainFor(
  servername: string,
): Promise<{ names: string; fingerprints: string[]; protocol: string | null }> {
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const options = { host: "127.0.0.1", port: port(), servername, rejectUnauthorized: false };
    const opened: TLSSocket = connect(options, () => resolve(opened));
    opened.once("error", reject);
  });
  const own = socket.getPeerCertificate(true);
  const fingerprints = [own.raw, own.issuerCertificate.raw].map((raw) =>
    createHash("sha256").update(raw).digest("hex"),
  );
  const protocol = socket.getProtocol();
  socket.destroy();
  return { names: own.subjectaltname ?? "", fingerprints, protocol };
}

test("by its own name it shows the authority's certificate for hosts, else the one for browsers, each with the chain", async () => {
  const fingerprint = createHash("sha256").update(new X509Certificate(ca).raw).digest("hex");
  expect(program.output()).toContain(fingerprint);
  const internal = await chainFor(controlPlaneName);
  expect(internal.names).toBe(`URI:urn:limiquantix:control-plane, DNS:${controlPlaneName}`);
  expect(internal.fingerprints[1]).toBe(fingerprint);
  const web = await chainFor("cp.test");
  expect(web.names).toContain("DNS:cp.test, ");
  expect(web.names).toContain("IP Address:127.0.0.1");
  expect(web.names).not.toContain(controlPlaneName);
  expect(web.fingerprints[1]).toBe(fingerprint);
});

test("the same answers over it, to a caller that trusts the authority", async () => {
  const nodeOptions = { ca, servername: controlPlaneName };
  for (const httpVersion of ["1.1", "2"] as const) {
    const transport = createConnectTransport({ baseUrl: `https://127.0.0.1:${port()}`, httpVersion, nodeOptions });
    const note = await readFile(join(directory, "data/first-login"), "utf8");
    const password = /password: (\S+)/.exec(note)?.[1] ?? "";
    const { token } = await createClient(AuthService, transport).login({ username: "admin", password });
    const headers = { authorization: `Bearer ${token}` };
    const made = await createClient(NodeService, transport).createJoinToken({}, { headers });
    expect(made.controlPlane).toBe(`https://cp.test:${port()}`);
    const authority = await createClient(CertificateService, transport).getAuthority({}, { headers });
    expect(authority.fingerprint).toBe(made.caFingerprint);
    const asUser = createClient(NodeService, transport).registerNode(
      { hostname: "x", machineId: "another-machine" },
      { headers },
    );
    expect(await asUser.catch(fromConnectError)).toMatchObject({ reason: Reason.PERMISSION_DENIED });
  }
});

test("a port that is taken is told, with what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const taken = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { code, output } = await runControlPlane("--dev", "--listen", "127.0.0.1:0", "--https-listen", taken);
  other.close();
  expect(code).toBe(1);
  expect(output).toContain(`cannot listen on ${taken}: another program has this port`);
  expect(output).toContain("--https-listen off");
});
