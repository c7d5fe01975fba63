import "reflect-metadata";
import { create } from "@bufbuild/protobuf";
import { isProblem, NodeSchema, nodeUrn, Reason } from "@limiquantix/api";
import { NodeCredentialRowSchema } from "@limiquantix/api/rows";
import { Pkcs10CertificateRequestGenerator, X509Certificate } from "@peculiar/x509";
import { expect, test } from "vitest";
import { nodes as nodeTable } from "../tables.ts";
import { farAway, openIdentity } from "./identity-fixture.ts";
import { hashSecret } from "./secrets.ts";
import { nodeCredentials } from "./tables.ts";

const method = "limiquantix.compute.v1.VMService/WatchVMs";
const nodeId = "018f0000-0000-7000-8000-000000000001";

const bearer = (token: string) => new Headers({ authorization: `Bearer ${token}` });

function reasonOfThrown(work: () => unknown): string {
  try {
    work();
    return "ok";
  } catch (error) {
    return isProblem(error) ? Reason[error.reason] : String(error);
  }
}

/** Who calls with an open stream, and how often they were told to look again. */
async function withStream() {
  const fixture = await openIdentity();
  const ada = await fixture.person("ada");
  const token = await fixture.login("ada", ada.password);
  const caller = fixture.gate.authenticate({ method, headers: bearer(token), peer: farAway });
  let told = 0;
  const listening = fixture.gate.onChange(() => void told++);
  const recheck = () => reasonOfThrown(() => fixture.gate.recheck(caller));
  return { ...fixture, ada, token, caller, told: () => told, listening, recheck, mine: fixture.as(token) };
}

test("an open stream is told and ends when its session does", async () => {
  const { mine, told, recheck, listening } = await withStream();
  expect(recheck()).toBe("ok");
  await mine.auth.logout({});
  expect(told()).toBe(1);
  expect(recheck()).toBe("UNAUTHENTICATED");
  listening[Symbol.dispose]();
});

test("an open stream ends when its user is disabled, limited or gone", async () => {
  const { as, login, ada, told, recheck } = await withStream();
  const { users } = as(await login());
  const before = told();
  await users.updateUser({ id: ada.id, user: { disabled: true }, updateMask: { paths: ["disabled"] } });
  expect(told()).toBe(before + 1);
  expect(recheck()).toBe("UNAUTHENTICATED");
  const limited = await withStream();
  const admin = limited.as(await limited.login());
  const policy = { ...(await admin.users.getLoginPolicy({})), requireSecondFactor: true };
  await admin.users.updateLoginPolicy({ policy });
  expect(limited.told()).toBe(1);
  expect(limited.recheck()).toBe("SECOND_FACTOR_NEEDED");
});

test("an open stream does not outlive its session's time, once that is swept", async () => {
  const { clock, identity, told, recheck } = await withStream();
  await clock.advance(12 * 3600_000);
  expect(recheck()).toBe("UNAUTHENTICATED");
  await identity.sweep();
  expect(told()).toBe(1);
});

test("use, logins, wrong passwords and new tokens wake nobody", async () => {
  const { mine, clock, as, login, told } = await withStream();
  await clock.advance(600_000);
  await mine.auth.whoAmI({});
  await mine.auth.createToken({ name: "ci" });
  await login();
  await as("")
    .auth.login({ username: "ada", password: "wrong" })
    .catch(() => {});
  await clock.advance(1);
  expect(told()).toBe(0);
});

test("a token's caller is compiled once, and anew when its user changes", async () => {
  const { gate, token, caller, as, login, ada } = await withStream();
  const again = () => gate.authenticate({ method, headers: bearer(token), peer: farAway });
  expect(again()).toBe(caller);
  await as(await login()).users.updateUser({ id: ada.id, user: { email: "a@b" }, updateMask: { paths: ["email"] } });
  expect(again()).not.toBe(caller);
  expect(again()).toBe(again());
});

test("headers that are no bearer token are refused", async () => {
  const { gate } = await openIdentity();
  for (const authorization of ["Basic YTpi", "Bearer", "Bearer a b", "lqx_x", "Bearer lqxnode_x", "Bearer lqxjoin_x"]) {
    const headers = new Headers({ authorization });
    expect(
      reasonOfThrown(() => gate.authenticate({ method, headers, peer: farAway })),
      authorization,
    ).toBe("UNAUTHENTICATED");
  }
});

test("a host is who its certificate or its token says, until it is revoked, on open streams too", async () => {
  const { gate, db, nodes } = await openIdentity();
  await db.transact((tx) => {
    tx.insert(nodeTable, create(NodeSchema, { id: nodeId, hostname: "node-1", machineId: "m1" }));
    tx.insert(nodeCredentials, create(NodeCredentialRowSchema, { id: nodeId, secretHash: hashSecret("lqxnode_old") }));
  });
  const byToken = gate.authenticate({ method, headers: bearer("lqxnode_old"), peer: farAway });
  expect(byToken.principal).toEqual({ kind: "node", id: nodeId, name: "node-1" });
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const signingAlgorithm = { name: "ECDSA", hash: "SHA-256" };
  const csr = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm });
  const call = { principal: byToken.principal, peer: farAway };
  const request = { nodeId, hostname: "node-1", csrPem: csr.toString("pem"), call };
  const credential = await nodes.issueNodeCredential(request);
  await db.transact((tx) => credential.store(tx));
  const { serialNumber: serial } = new X509Certificate(credential.certificatePem);
  const peer = { ...farAway, tls: true, certificate: { serial, fingerprint: "", uris: [nodeUrn(nodeId)] } };
  const byCertificate = gate.authenticate({ method, headers: new Headers(), peer });
  expect(byCertificate.principal).toEqual({ kind: "node", id: nodeId, name: "node-1" });
  let told = 0;
  gate.onChange(() => void told++);
  await db.transact((tx) => nodes.revokeNodeCredential(tx, nodeId));
  expect(told).toBe(1);
  expect(reasonOfThrown(() => gate.recheck(byToken))).toBe("UNAUTHENTICATED");
  expect(reasonOfThrown(() => gate.recheck(byCertificate))).toBe("CERTIFICATE_REVOKED");
  expect(reasonOfThrown(() => gate.authenticate({ method, headers: new Headers(), peer }))).toBe("CERTIFICATE_REVOKED");
});
