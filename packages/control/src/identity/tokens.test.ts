import "reflect-metadata";
import { create } from "@bufbuild/protobuf";
import { ProjectSchema } from "@limiquantix/api";
import { Pkcs10CertificateRequestGenerator, X509Certificate } from "@peculiar/x509";
import { expect, test } from "vitest";
import { projects } from "../tables.ts";
import { farAway, openIdentity, reasonOf } from "./identity-fixture.ts";
import { certificates, tokens, users } from "./tables.ts";

const day = 24 * 3600_000;

test("an API token works until it is revoked or expires; a repeat does not show its secret again", async () => {
  const { as, clock, login } = await openIdentity();
  const { auth } = as(await login());
  const made = await auth.createToken({ name: "ci", expiresInDays: 1, idempotencyKey: "k" });
  const again = await auth.createToken({ name: "ci", expiresInDays: 1, idempotencyKey: "k" });
  expect(again).toMatchObject({ token: { id: made.token?.id }, secret: "" });
  const robot = as(made.secret);
  expect((await robot.auth.listTokens({})).tokens.map(({ name, current }) => [name, current])).toEqual([
    ["session", false],
    ["ci", true],
  ]);
  await auth.revokeToken({ id: made.token?.id ?? "" });
  expect(await reasonOf(robot.auth.whoAmI({}))).toBe("UNAUTHENTICATED");
  expect((await auth.createToken({ name: "planned", dryRun: true })).secret).toBe("");
  expect((await auth.listTokens({})).tokens.map(({ name }) => name)).toEqual(["session"]);
  const short = await auth.createToken({ name: "short", expiresInDays: 1 });
  await clock.advance(day);
  expect(await reasonOf(as(short.secret).auth.whoAmI({}))).toBe("UNAUTHENTICATED");
});

test("a session knows its program, and from where it was last used, at most every five minutes", async () => {
  const { as, clock, login, db } = await openIdentity();
  const token = await login("admin", undefined, as("", { headers: { "user-agent": "lqx 0.1.0" } }));
  const elsewhere = as(token, { peer: { address: "192.0.2.7", loopback: false } });
  const { revision } = db;
  await elsewhere.auth.whoAmI({});
  expect(db.revision).toBe(revision);
  await clock.advance(300_000);
  await elsewhere.auth.whoAmI({});
  await clock.advance(1);
  await elsewhere.auth.whoAmI({});
  expect(db.revision).toBe(revision + 1);
  const [session] = (await elsewhere.auth.listTokens({})).tokens;
  expect(session).toMatchObject({ client: "lqx 0.1.0", lastAddress: "192.0.2.7", current: true });
});

test("a scope limits a token to privileges and objects, and such a token makes no other", async () => {
  const { as, login, db } = await openIdentity();
  await db.transact((tx) => tx.insert(projects, create(ProjectSchema, { id: "p1", name: "lab" })));
  const { auth } = as(await login());
  expect(await reasonOf(auth.createToken({ name: "x", scopes: ["vm.fly"] }))).toBe("INVALID_REQUEST");
  const away = { kind: "project", id: "gone" };
  expect(await reasonOf(auth.createToken({ name: "x", objects: [away] }))).toBe("NOT_FOUND");
  const viewer = await auth.createToken({ name: "viewer", scopes: ["user.view"] });
  expect(await reasonOf(as(viewer.secret).users.listUsers({}))).toBe("ok");
  expect(await reasonOf(as(viewer.secret).users.createUser({ name: "eve" }))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(as(viewer.secret).auth.createToken({ name: "more" }))).toBe("PERMISSION_DENIED");
  const own = (await auth.listTokens({})).tokens.find(({ name }) => name === "session")?.id ?? "";
  expect(await reasonOf(as(viewer.secret).auth.revokeToken({ id: own }))).toBe("NOT_FOUND");
  expect(await reasonOf(as(viewer.secret).auth.revokeToken({ id: viewer.token?.id ?? "" }))).toBe("ok");
  const inLab = await auth.createToken({ name: "lab", objects: [{ kind: "project", id: "lab" }] });
  expect(inLab.token?.objects).toMatchObject([{ kind: "project", id: "p1" }]);
  expect(await reasonOf(as(inLab.secret).users.listUsers({}))).toBe("PRIVILEGE_MISSING");
  // Everything, on one object: not enough to reset somebody's password.
  const { id } = db.by(users, "name", "admin")[0]!;
  expect(await reasonOf(as(inLab.secret).users.resetPassword({ id }))).toBe("PRIVILEGE_MISSING");
});

test("a scoped token with user.manage does not reach its own user's whole power", async () => {
  const { as, login, db } = await openIdentity();
  const { auth } = as(await login());
  const { secret } = await auth.createToken({ name: "help desk", scopes: ["user.*"] });
  const { id } = db.by(users, "name", "admin")[0]!;
  expect(await reasonOf(as(secret).users.resetPassword({ id }))).toBe("PRIVILEGE_MISSING");
});

test("tokens for service accounts need token.manage, and give no more than who makes them has", async () => {
  const { person, service, login, as } = await openIdentity();
  const [root, reader] = [await service("root-robot"), await service("reader-robot", "auditor")];
  const plain = await person("plain");
  const manager = await person("manager", ["token.manage", "vm.view"]);
  const make = (by: typeof plain, userId: string, scopes: string[] = []) =>
    reasonOf(by.as.auth.createToken({ name: "x", userId, scopes }));
  expect(await make(plain, reader.id)).toBe("PRIVILEGE_MISSING");
  expect(await make(manager, root.id)).toBe("PRIVILEGE_MISSING");
  expect(await make(manager, reader.id)).toBe("PRIVILEGE_MISSING");
  expect(await make(manager, root.id, ["vm.view"])).toBe("ok");
  expect(await make(manager, plain.id)).toBe("INVALID_REQUEST");
  expect(await make(manager, "gone")).toBe("NOT_FOUND");
  const { secret } = await as(await login()).auth.createToken({ name: "x", userId: root.id });
  expect(await as(secret).auth.whoAmI({})).toMatchObject({ name: "root-robot", administrator: true });
});

test("others' tokens are seen and revoked with token.manage only", async () => {
  const { person } = await openIdentity();
  const [ada, eve, manager] = [await person("ada"), await person("eve"), await person("manager", ["token.manage"])];
  const [id = ""] = (await ada.as.auth.listTokens({})).tokens.map((token) => token.id);
  expect(await reasonOf(eve.as.auth.listTokens({ userId: ada.id }))).toBe("PRIVILEGE_MISSING");
  expect(await reasonOf(eve.as.auth.revokeToken({ id }))).toBe("NOT_FOUND");
  expect((await manager.as.auth.listTokens({ userId: ada.id })).tokens.map(({ current }) => current)).toContain(false);
  await manager.as.auth.revokeToken({ id });
  expect((await manager.as.auth.listTokens({ userId: ada.id })).tokens.map((token) => token.id)).not.toContain(id);
});

test("a token that came with a certificate is good only with that one, until it is revoked", async () => {
  const { as, first, db, nodes } = await openIdentity();
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const csr = await Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  const asked = { username: "admin", password: first?.password ?? "", csrPem: csr.toString("pem") };
  const { token, certificatePem } = await as("").auth.login(asked);
  const { serialNumber: serial } = new X509Certificate(certificatePem);
  const fingerprint = db.find(certificates, serial)?.fingerprint ?? "";
  const peer = (print: string) => ({ ...farAway, tls: true, certificate: { serial, fingerprint: print, uris: [] } });
  const bound = as(token, { peer: peer(fingerprint) });
  expect(await reasonOf(bound.auth.whoAmI({}))).toBe("ok");
  expect(await reasonOf(as(token).auth.whoAmI({}))).toBe("CERTIFICATE_NEEDED");
  expect(await reasonOf(as(token, { peer: peer("00") }).auth.whoAmI({}))).toBe("CERTIFICATE_NEEDED");
  expect([...db.all(tokens)].map((row) => row.certificateFingerprint)).toContain(fingerprint);
  await db.transact((tx) => nodes.register.revoke(tx, serial));
  expect(await reasonOf(bound.auth.whoAmI({}))).toBe("CERTIFICATE_REVOKED");
});
