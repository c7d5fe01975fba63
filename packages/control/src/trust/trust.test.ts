import "reflect-metadata";
import { create } from "@bufbuild/protobuf";
import { Pkcs10CertificateRequestGenerator, X509Certificate } from "@peculiar/x509";
import {
  authorityOfJoinToken,
  Certificate_Kind,
  Event_Severity,
  isProblem,
  NodeSchema,
  nodeUrn,
  Reason,
  sessionUrn,
} from "@limiquantix/api";
import { NodeCredentialRowSchema } from "@limiquantix/api/rows";
import { FakeClock, silentLog } from "@limiquantix/kit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { allTables } from "../all-tables.ts";
import { hashSecret } from "../identity/secrets.ts";
import { certificates, nodeCredentials } from "../identity/tables.ts";
import type { Principal } from "../rpc/call.ts";
import type { Peer } from "../rpc/context.ts";
import type { Database } from "../store/database.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import { events, nodes } from "../tables.ts";
import { NodeCredentials } from "./node-credentials.ts";

const day = 24 * 3600_000;
const nodeId = "018f0000-0000-7000-8000-000000000001";
const other = "018f0000-0000-7000-8000-000000000002";
const nobody: Principal = { kind: "nobody", id: "", name: "nobody" };
const tls: Peer = { address: "10.0.0.9", loopback: false, tls: true };
const registering = "limiquantix.compute.v1.NodeService/RegisterNode";

let db: Database;
let clock: FakeClock;
let trust: NodeCredentials;

beforeEach(async () => {
  clock = new FakeClock();
  db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock, log: silentLog });
  trust = new NodeCredentials({ db, clock, log: silentLog });
  await db.transact((tx) => tx.insert(nodes, create(NodeSchema, { id: nodeId, hostname: "node-1", machineId: "m1" })));
});

afterEach(() => db[Symbol.asyncDispose]());

/** Registers the host; answers how its certificate looks to the server of a connection. */
async function join(principal: Principal = nobody, peer = tls) {
  const call = { principal, peer };
  const credential = await trust.issueNodeCredential({ nodeId, hostname: "node-1", csrPem: await newCsr(), call });
  await db.transact((tx) => credential.store(tx));
  return { ...credential, peer: peerWith(credential.certificatePem) };
}

function peerWith(certificatePem: string) {
  const { serialNumber: serial } = new X509Certificate(certificatePem);
  const fingerprint = db.find(certificates, serial)?.fingerprint ?? "";
  return { ...tls, certificate: { serial, fingerprint, uris: [nodeUrn(nodeId)] } };
}

/** A certificate request as a host or the CLI makes it, for a key that nobody keeps. */
async function newCsr(): Promise<string> {
  const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(ecdsa, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({ name: "CN=host", keys, signingAlgorithm: ecdsa });
  return request.toString("pem");
}

const reason = (expected: Reason) => (error: unknown) => isProblem(error, expected);
const refused = (run: () => unknown, expected: Reason) => {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toSatisfy(reason(expected));
};

test("a join token is bound to the authority, good once, and an altered one is none", async () => {
  const caFingerprint = await trust.authorityFingerprint();
  const make = () =>
    db.transact((tx) => trust.createJoinToken(tx, { expiresInMs: 60_000, createdBy: "ada", caFingerprint }).token);
  const use = (token: string) => db.transact((tx) => trust.verifyJoinToken(tx, token));
  const token = await make();
  expect(token).toMatch(/^lqxjoin_[\w-]{43}\.[\w-]{43}$/);
  expect(authorityOfJoinToken(token)).toBe(caFingerprint);
  const foreign = `${token.slice(0, -43)}${"A".repeat(43)}`;
  await expect(use(foreign)).rejects.toSatisfy(reason(Reason.JOIN_TOKEN_INVALID));
  await use(token);
  await expect(use(token)).rejects.toSatisfy(reason(Reason.JOIN_TOKEN_INVALID));
  const late = await make();
  await clock.advance(60_000);
  await expect(use(late)).rejects.toSatisfy(reason(Reason.JOIN_TOKEN_INVALID));
});

test("a host proves itself by its certificate until that is revoked, expires, or the host joins anew", async () => {
  const first = await join();
  expect(first.nodeToken).toBe("");
  expect(trust.authenticateCertificate(first.peer.certificate)).toMatchObject({ kind: "node", id: nodeId });
  const second = await join();
  refused(() => trust.authenticateCertificate(first.peer.certificate), Reason.CERTIFICATE_REVOKED);
  expect(trust.isRevoked(first.peer.certificate.serial)).toBe(true);
  await clock.advance(90 * day);
  refused(() => trust.authenticateCertificate(second.peer.certificate), Reason.CERTIFICATE_REVOKED);
  await trust.sweep();
  expect(db.count(certificates)).toBe(0);
});

test("a certificate proves no other host, and an unknown one none", async () => {
  const { serial, fingerprint } = (await join()).peer.certificate;
  for (const certificate of [
    { serial, fingerprint, uris: [nodeUrn(other)] },
    { serial: "0badcafe", fingerprint, uris: [nodeUrn(nodeId)] },
    { serial, fingerprint, uris: [sessionUrn(nodeId)] },
  ]) {
    refused(() => trust.authenticateCertificate(certificate), Reason.CERTIFICATE_REVOKED);
  }
});

test("decommissioned, a host is locked out at once, and whoever holds a connection to it hears of it", async () => {
  const { peer } = await join();
  const heard: string[] = [];
  using _listening = trust.onRevoked((certificate) => heard.push(certificate.subjectId));
  await db.transact((tx) => trust.revokeNodeCredential(tx, nodeId));
  expect(heard).toEqual([nodeId]);
  refused(() => trust.authenticateCertificate(peer.certificate), Reason.CERTIFICATE_REVOKED);
});

test("renewed, the certificate that was used stays good and the one before it does not", async () => {
  const first = await join();
  const renew = async (peer: Peer) => {
    const principal = trust.authenticateCertificate(peer.certificate!);
    const call = { principal, peer } as Parameters<NodeCredentials["renewNode"]>[1];
    const request = { nodeId, csrPem: await newCsr() } as Parameters<NodeCredentials["renewNode"]>[0];
    return peerWith((await trust.renewNode(request, call)).certificatePem);
  };
  const second = await renew(first.peer);
  const answerLost = await renew(first.peer);
  refused(() => trust.authenticateCertificate(second.certificate), Reason.CERTIFICATE_REVOKED);
  expect(trust.authenticateCertificate(first.peer.certificate)).toMatchObject({ id: nodeId });
  await renew(answerLost);
  refused(() => trust.authenticateCertificate(first.peer.certificate), Reason.CERTIFICATE_REVOKED);
});

test("a token is good on this machine's cleartext port; over TLS only to get a first certificate", async () => {
  const near: Peer = { address: "127.0.0.1", loopback: true };
  const { nodeToken } = await join(nobody, near);
  expect(trust.authenticate(nodeToken, { method: "x/UpdateHeartbeat", peer: near })).toMatchObject({ id: nodeId });
  refused(() => trust.authenticate(nodeToken, { method: registering, peer: tls }), Reason.CERTIFICATE_NEEDED);
});

test("a host of the release before comes back: its token gets it a certificate, and its old one is dialled", async () => {
  const row = { id: nodeId, secretHash: hashSecret("lqxnode_old"), certificateSerial: "0badcafe" };
  await db.transact((tx) => tx.insert(nodeCredentials, create(NodeCredentialRowSchema, row)));
  expect(trust.hostCertificateFault(nodeId, "0badcafe")).toBeUndefined();
  expect(trust.hostCertificateFault(other, "0badcafe")).toBeDefined();
  refused(
    () => trust.authenticate("lqxnode_old", { method: "x/UpdateHeartbeat", peer: tls }),
    Reason.CERTIFICATE_NEEDED,
  );
  const principal = trust.authenticate("lqxnode_old", { method: registering, peer: tls });
  const { peer } = await join(principal);
  expect(trust.authenticateCertificate(peer.certificate)).toMatchObject({ id: nodeId });
  refused(() => trust.authenticate("lqxnode_old", { method: registering, peer: tls }), Reason.CERTIFICATE_NEEDED);
  expect(trust.hostCertificateFault(nodeId, "0badcafe")).toBeDefined();
});

test("a certificate that is not renewed alerts: a warning, then an error, and all is well after the renewal", async () => {
  const minute = 60_000;
  trust = new NodeCredentials({ db, clock, log: silentLog, certificateLifeMs: 90 * minute });
  trust.start();
  await join();
  const told = async () => {
    const page = await db.page(events, { limit: 10 });
    return page.map(({ severity }) => Event_Severity[severity]);
  };
  const condition = () => db.find(nodes, nodeId)?.status?.conditions.find(({ type }) => type === "CertificateExpiring");
  await clock.advance(74 * minute);
  expect(await told()).toEqual([]);
  await clock.advance(2 * minute);
  expect(await told()).toEqual(["WARNING"]);
  expect(condition()).toMatchObject({ status: true, reason: "RenewalLate" });
  const [row] = trust.register.of(nodeId);
  expect(row?.certificate?.renewalError).toContain("did not ask");
  await clock.advance(6 * minute);
  expect(await told()).toEqual(["WARNING", "ERROR"]);
  await join();
  await clock.advance(minute);
  expect(condition()?.status).toBe(false);
  trust.stop();
});

test("why the web certificate was not renewed stands with it, and only the newest is kept", async () => {
  await trust.webCertificate(["localhost"]);
  const { serial } = await trust.webCertificate(["localhost", "10.0.0.1"]);
  await trust.renewalFailed("WEB", "the ACME server does not answer");
  const own = [...db.all(certificates)].filter(({ certificate }) => certificate?.kind === Certificate_Kind.WEB);
  expect(own.map(({ id }) => id)).toEqual([serial]);
  expect(own[0]?.certificate).toMatchObject({
    names: ["localhost", "10.0.0.1"],
    renewalError: "the ACME server does not answer",
  });
});

test("a session's certificate ends with the session and names it", async () => {
  const expiresAt = clock.now() + day;
  const signed = await trust.sign({ csrPem: await newCsr(), tokenId: other, userName: "ada", expiresAt });
  const certificate = new X509Certificate(signed.certificatePem);
  expect(certificate.notAfter.getTime()).toBe(expiresAt);
  expect(db.find(certificates, certificate.serialNumber)?.fingerprint).toBe(signed.fingerprint);
  expect(trust.isRevoked(certificate.serialNumber)).toBe(false);
  await clock.advance(day);
  expect(trust.isRevoked(certificate.serialNumber)).toBe(true);
});
