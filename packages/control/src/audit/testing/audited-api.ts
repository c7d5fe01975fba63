import { create } from "@bufbuild/protobuf";
import { createClient, createRouterTransport, type Interceptor } from "@connectrpc/connect";
import {
  AuditService,
  AuthService,
  ConsoleInfoSchema,
  fromConnectError,
  GrantSchema,
  ImageService,
  LoginResponseSchema,
  problem,
  ProjectSchema,
  Reason,
  VMService,
  type AuditRecord,
} from "@limiquantix/api";
import { FakeClock, newId, silentLog } from "@limiquantix/kit";
import { Inventory, RightsIndex, UserAccess } from "../../access/index.ts";
import { noAccess } from "../../access/access.ts";
import type { Caller } from "../../access/authorise.ts";
import { allTables } from "../../all-tables.ts";
import { grants } from "../../identity/tables.ts";
import { imageService } from "../../images/service.ts";
import { Uploads } from "../../images/upload.ts";
import { peerKey } from "../../rpc/context.ts";
import { serverInterceptors, type Authenticator } from "../../rpc/interceptors.ts";
import { MemoryStore } from "../../store/memory-store.ts";
import { openDatabase } from "../../store/open-database.ts";
import { projects } from "../../tables.ts";
import { AuditLog, auditService, type AuditSink } from "../index.ts";

const nothing = { [Symbol.dispose]: () => {} };

/** The image service behind the real interceptors; a bearer token is the name of a user, who is what it says: read-only. */
export async function auditedApi({ sink, store = new MemoryStore() }: { sink?: AuditSink; store?: MemoryStore } = {}) {
  const clock = new FakeClock();
  const db = await openDatabase({ store, tables: allTables, clock, log: silentLog });
  const [rights, inventory] = [new RightsIndex(db), new Inventory(db)];
  const authenticator: Authenticator = {
    authenticate({ headers }): Caller {
      const name = headers.get("authorization")?.slice("Bearer ".length) ?? "";
      if (name === "forged") throw problem(Reason.UNAUTHENTICATED, { why: "it is not known" });
      if (!name) return { principal: { kind: "nobody", id: "", name: "nobody" }, access: noAccess };
      const access = new UserAccess({ rights, inventory, user: { id: name, name } });
      return { principal: { kind: "user", id: name, name, tokenId: `token-of-${name}` }, access };
    },
    recheck: () => {},
    onChange: () => nothing,
  };
  for (const roleId of ["administrator", "read-only"]) {
    const grant = create(GrantSchema, {
      id: newId(),
      roleId,
      holder: { case: "userId", value: roleId },
      object: { kind: "root" },
    });
    if (db.count(grants) < 2) await db.transact((tx) => tx.insert(grants, grant));
  }
  if (db.count(projects) === 0) {
    await db.transact((tx) => tx.insert(projects, create(ProjectSchema, { id: "default", name: "default" })));
  }
  const audit = new AuditLog({ db, clock, log: silentLog, sink });
  audit.start();
  let address = "10.0.0.9";
  const fromPeer: Interceptor = (next) => (request) => {
    request.contextValues.set(peerKey, { address, loopback: false });
    return next(request);
  };
  const interceptors = [
    fromPeer,
    ...serverInterceptors({ log: silentLog, authenticator, inventory, db, clock, audit }),
  ];
  const uploads = new Uploads({ db, clock, log: silentLog, hosts: {} as never });
  const clientWith = (token: string) => {
    const transport = createRouterTransport(
      (router) => {
        router.service(ImageService, imageService({ db, clock, uploads }));
        router.service(AuditService, auditService({ db, audit }));
        router.service(AuthService, {
          login({ password }) {
            if (password !== "right") throw problem(Reason.LOGIN_FAILED);
            return create(LoginResponseSchema, { token: "lqx_canary", user: { id: "u1", name: "ada" } });
          },
        });
        router.service(VMService, { getConsole: () => create(ConsoleInfoSchema, { websocketUrl: "/console/canary" }) });
      },
      {
        router: { interceptors },
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
      images: createClient(ImageService, transport),
      audit: createClient(AuditService, transport),
      auth: createClient(AuthService, transport),
      vms: createClient(VMService, transport),
    };
  };
  const admin = clientWith("administrator");
  return {
    clock,
    db,
    store,
    audit,
    admin,
    clientWith,
    comeFrom: (other: string) => void (address = other),
    /** Oldest first. */
    records: async (): Promise<AuditRecord[]> => {
      const { records } = await admin.audit.listAudit({ pageSize: 1000 });
      return records.toReversed();
    },
  };
}

/** "ok", or the reason for which a call failed. */
export function reasonOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "ok",
    (error: unknown) => Reason[fromConnectError(error).reason],
  );
}
