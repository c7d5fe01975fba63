import { createClient, createRouterTransport, type Interceptor } from "@connectrpc/connect";
import { create } from "@bufbuild/protobuf";
import {
  administratorRole,
  AuthService,
  fromConnectError,
  GrantSchema,
  GroupService,
  Reason,
  RoleSchema,
  SystemService,
  User_Kind,
  UserService,
  type Grant,
  type Privilege,
} from "@limiquantix/api";
import { FakeClock, newId, silentLog } from "@limiquantix/kit";
import { Inventory } from "../access/inventory.ts";
import { RightsIndex } from "../access/rights.ts";
import { allTables } from "../all-tables.ts";
import { peerKey, type Peer } from "../rpc/context.ts";
import { serverInterceptors } from "../rpc/interceptors.ts";
import { MemoryStore } from "../store/memory-store.ts";
import { openDatabase } from "../store/open-database.ts";
import { systemService } from "../system/service.ts";
import { NodeCredentials } from "../trust/node-credentials.ts";
import { Identity } from "./identity.ts";
import type { LoginProviders, OidcLogins } from "./provider-port.ts";
import { aesGcmSealer } from "./sealer.ts";
import { grants, roles } from "./tables.ts";

/** Fast, and as good as any hash for a test. */
export const plainHasher = {
  hash: async (password: string) => `plain:${password}`,
  verify: async (hash: string, password: string) => hash === `plain:${password}`,
};

export const farAway: Peer = { address: "10.0.0.9", loopback: false };

export interface FixtureOptions {
  dev?: boolean;
  providers?: (logins: OidcLogins) => LoginProviders;
}

/** The services about people, with what stands before them, on a store of their own. */
export async function openIdentity({ dev = false, providers }: FixtureOptions = {}) {
  const clock = new FakeClock();
  const log = silentLog;
  const db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock, log });
  const [rights, inventory] = [new RightsIndex(db), new Inventory(db)];
  const nodes = new NodeCredentials({ db, clock, log });
  const parts = { db, clock, log, rights, inventory, hasher: plainHasher, nodes, certificates: nodes, dev, providers };
  const identity = new Identity({ ...parts, sealer: aesGcmSealer(new Uint8Array(32).fill(7)) });
  const audit = { interceptor: ((next) => next) satisfies Interceptor };
  const { gate } = identity;
  const interceptors = serverInterceptors({ log, authenticator: gate, inventory, db, clock, audit });
  const first = await identity.ensureFirstAdministrator();

  /** Clients of a caller: a token (empty: none), the headers and the connection that they come with. */
  const as = (
    token: string,
    { headers = {}, peer = farAway }: { headers?: Record<string, string>; peer?: Peer } = {},
  ) => {
    const carry: Interceptor = (next) => (request) => {
      if (token) request.header.set("authorization", `Bearer ${token}`);
      for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
      return next(request);
    };
    const fromPeer: Interceptor = (next) => (request) => {
      request.contextValues.set(peerKey, peer);
      return next(request);
    };
    const transport = createRouterTransport(
      (router) => {
        identity.routes(router);
        router.service(
          SystemService,
          systemService({ db, system: { version: "1", store: "memory", dev }, metricsHistory: () => ({}) }),
        );
      },
      { router: { interceptors: [fromPeer, ...interceptors] }, transport: { interceptors: [carry] } },
    );
    return {
      auth: createClient(AuthService, transport),
      users: createClient(UserService, transport),
      groups: createClient(GroupService, transport),
      system: createClient(SystemService, transport),
    };
  };

  const login = async (username = "admin", password = first?.password ?? "", from = as("")) =>
    (await from.auth.login({ username, password })).token;

  const grant = (wanted: Pick<Grant, "holder" | "roleId">) =>
    db.transact((tx) => tx.insert(grants, create(GrantSchema, { ...wanted, id: newId(), object: { kind: "root" } })));

  /** A person who is in: with a password of their own, and these privileges on the root. */
  const person = async (name: string, privileges: Privilege[] = [], role?: string) => {
    const admin = as(await login());
    const { user } = await admin.users.createUser({ name, password: `first of ${name}` });
    const id = user?.id ?? "";
    const password = `password of ${name}`;
    const change = { oldPassword: `first of ${name}`, newPassword: password };
    await as(await login(name, change.oldPassword)).auth.changePassword(change);
    const roleId: string = role ?? newId();
    if (role === undefined) {
      await db.transact((tx) =>
        tx.insert(roles, create(RoleSchema, { id: roleId, name: `role of ${name}`, privileges })),
      );
    }
    await grant({ holder: { case: "userId", value: id }, roleId });
    return { id, name, password, as: as(await login(name, password)) };
  };

  /** A service account with a role on the root. */
  const service = async (name: string, roleId: string = administratorRole) => {
    const { user } = await as(await login()).users.createUser({ name, kind: User_Kind.SERVICE });
    const id = user?.id ?? "";
    await grant({ holder: { case: "userId", value: id }, roleId });
    return { id, name };
  };

  return { clock, db, identity, gate, nodes, first, as, login, person, service, grant };
}

/** The reason that a call fails for, or "ok". */
export function reasonOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "ok",
    (error: unknown) => Reason[fromConnectError(error).reason] ?? "?",
  );
}
