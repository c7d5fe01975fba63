import { createClient, createRouterTransport, type Interceptor } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import {
  AuthService,
  fromConnectError,
  NodeService,
  Reason,
  SystemService,
  UpdateHeartbeatResponseSchema,
} from "@limiquantix/api";
import { FakeClock, silentLog } from "@limiquantix/kit";
import { expect, test } from "vitest";
import { allTables } from "../all-tables.ts";
import type { Peer } from "../rpc/context.ts";
import { peerKey } from "../rpc/context.ts";
import { serverInterceptors } from "../rpc/interceptors.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import { systemService } from "../system/service.ts";
import { Accounts, authService, Gate, NodeCredentials, Tokens } from "./index.ts";
import { users } from "./tables.ts";

const hasher = {
  hash: async (password: string) => `plain:${password}`,
  verify: async (hash: string, password: string) => hash === `plain:${password}`,
};

async function setUp({ dev = false, peer = { address: "10.0.0.9", loopback: false } as Peer } = {}) {
  const clock = new FakeClock();
  const db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock, log: silentLog });
  const accounts = new Accounts({ db, clock, hasher });
  const tokens = new Tokens({ db, clock, log: silentLog });
  const nodes = new NodeCredentials({ db, clock });
  const gate = new Gate({ accounts, tokens, nodes, dev });
  const first = await accounts.ensureFirstAdministrator();
  const fromPeer: Interceptor = (next) => (request) => {
    request.contextValues.set(peerKey, peer);
    return next(request);
  };
  const clientWith = (token: string) => {
    const transport = createRouterTransport(
      (router) => {
        router.service(AuthService, authService({ db, clock, accounts, tokens }));
        router.service(SystemService, systemService({ db, system: { version: "1", store: "memory", dev } }));
        router.service(NodeService, { updateHeartbeat: () => create(UpdateHeartbeatResponseSchema) });
      },
      {
        router: { interceptors: [fromPeer, ...serverInterceptors({ log: silentLog, authenticator: gate })] },
        transport: {
          interceptors: [
            (next) => (request) => {
              if (token) request.header.set("authorization", `Bearer ${token}`);
              return next(request);
            },
          ],
        },
      },
    );
    return {
      auth: createClient(AuthService, transport),
      system: createClient(SystemService, transport),
      node: createClient(NodeService, transport),
    };
  };
  const login = async () => (await clientWith("").auth.login({ username: "admin", password: first?.password })).token;
  return { clock, db, accounts, nodes, first, clientWith, login };
}

const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "ok",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );

test("the first administrator is made once, and logs in", async () => {
  const { accounts, db, first, login, clientWith } = await setUp();
  expect(first?.name).toBe("admin");
  expect(await accounts.ensureFirstAdministrator()).toBeUndefined();
  expect(db.by(users, "name", "admin")[0]?.user?.name).toBe("admin");
  const { auth } = clientWith(await login());
  expect(await auth.whoAmI({})).toMatchObject({ name: "admin", administrator: true, mustChangePassword: true });
});

test("everything but login needs a valid token", async () => {
  const { clientWith, login } = await setUp();
  expect(await reasonOf(clientWith("").system.getSystemInfo({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(clientWith("lqx_nonsense").system.getSystemInfo({}))).toBe("UNAUTHENTICATED");
  const token = await login();
  expect(await reasonOf(clientWith(token).system.getSystemInfo({}))).toBe("ok");
  await clientWith(token).auth.logout({});
  expect(await reasonOf(clientWith(token).system.getSystemInfo({}))).toBe("UNAUTHENTICATED");
});

test("an unknown user and a wrong password are told alike, and guessing is slowed for that address only", async () => {
  const { clientWith, clock, login } = await setUp();
  const { auth } = clientWith("");
  expect(await reasonOf(auth.login({ username: "nobody", password: "x" }))).toBe("LOGIN_FAILED");
  for (let i = 0; i < 5; i++) {
    expect(await reasonOf(auth.login({ username: "admin", password: "x" }))).toBe("LOGIN_FAILED");
  }
  expect(await reasonOf(auth.login({ username: "admin", password: "x" }))).toBe("RATE_LIMITED");
  await clock.advance(1000);
  expect(await login()).toMatch(/^lqx_/);
});

test("a session lasts twelve hours from its last use", async () => {
  const { clientWith, clock, login } = await setUp();
  const { system } = clientWith(await login());
  await clock.advance(11 * 3600_000);
  expect(await reasonOf(system.getSystemInfo({}))).toBe("ok");
  await clock.advance(11 * 3600_000);
  expect(await reasonOf(system.getSystemInfo({}))).toBe("ok");
  await clock.advance(12 * 3600_000);
  expect(await reasonOf(system.getSystemInfo({}))).toBe("UNAUTHENTICATED");
});

test("a new password ends the other sessions", async () => {
  const { clientWith, login, first } = await setUp();
  const [mine, other] = [await login(), await login()];
  const change = { oldPassword: first?.password ?? "", newPassword: "correct horse" };
  expect(await reasonOf(clientWith(mine).auth.changePassword({ ...change, newPassword: change.oldPassword }))).toBe(
    "PASSWORD_TOO_WEAK",
  );
  await clientWith(mine).auth.changePassword(change);
  expect(await reasonOf(clientWith(mine).auth.whoAmI({}))).toBe("ok");
  expect(await reasonOf(clientWith(other).auth.whoAmI({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(clientWith("").auth.login({ username: "admin", password: first?.password }))).toBe(
    "LOGIN_FAILED",
  );
});

test("an API token works until it is revoked or expires; a repeat does not show its secret again", async () => {
  const { clientWith, clock, login } = await setUp();
  const { auth } = clientWith(await login());
  const made = await auth.createToken({ name: "ci", expiresInDays: 1, idempotencyKey: "k" });
  const again = await auth.createToken({ name: "ci", expiresInDays: 1, idempotencyKey: "k" });
  expect(again.token?.id).toBe(made.token?.id);
  expect(again.secret).toBe("");
  const robot = clientWith(made.secret);
  expect((await robot.auth.listTokens({})).tokens.map((token) => token.name)).toEqual(["session", "ci"]);
  await auth.revokeToken({ id: made.token?.id });
  expect(await reasonOf(robot.auth.whoAmI({}))).toBe("UNAUTHENTICATED");
  const planned = await auth.createToken({ name: "planned", dryRun: true });
  expect(planned.secret).toBe("");
  expect((await auth.listTokens({})).tokens.map((token) => token.name)).toEqual(["session"]);
  const short = await auth.createToken({ name: "short", expiresInDays: 1 });
  await clock.advance(24 * 3600_000);
  expect(await reasonOf(clientWith(short.secret).auth.whoAmI({}))).toBe("UNAUTHENTICATED");
});

test("a host speaks for itself only, and people do not speak for hosts", async () => {
  const { clientWith, db, login, nodes } = await setUp();
  const nodeId = "018f0000-0000-7000-8000-000000000001";
  const credential = await nodes.issueNodeCredential({ nodeId, hostname: "n1", managementIp: "", csrPem: "" });
  await db.transact((tx) => credential.store(tx));
  const host = clientWith(credential.nodeToken);
  expect(await reasonOf(host.node.updateHeartbeat({ nodeId }))).toBe("ok");
  const other = "018f0000-0000-7000-8000-000000000002";
  expect(await reasonOf(host.node.updateHeartbeat({ nodeId: other }))).toBe("PERMISSION_DENIED");
  expect(await reasonOf(host.system.getSystemInfo({}))).toBe("PERMISSION_DENIED");
  expect(await reasonOf(clientWith(await login()).node.updateHeartbeat({ nodeId }))).toBe("PERMISSION_DENIED");
  await db.transact((tx) => nodes.revokeNodeCredential(tx, nodeId));
  expect(await reasonOf(host.node.updateHeartbeat({ nodeId }))).toBe("UNAUTHENTICATED");
});

test("with --dev a loopback caller without a token is administrator, and nobody else", async () => {
  const near = await setUp({ dev: true, peer: { address: "127.0.0.1", loopback: true } });
  expect(await near.clientWith("").auth.whoAmI({})).toMatchObject({ name: "dev", administrator: true });
  const far = await setUp({ dev: true });
  expect(await reasonOf(far.clientWith("").auth.whoAmI({}))).toBe("UNAUTHENTICATED");
});

test("requests that break a rule of the proto name the field", async () => {
  const { clientWith } = await setUp();
  const failed = await clientWith("")
    .auth.login({ username: "", password: "x" })
    .catch((error: unknown) => fromConnectError(error));
  expect(failed).toMatchObject({ reason: Reason.INVALID_REQUEST, fields: [{ field: "username" }] });
});
