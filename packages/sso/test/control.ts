import type { DescService } from "@bufbuild/protobuf";
import { createClient, createRouterTransport, type Client, type Interceptor } from "@connectrpc/connect";
import { AuthService, fromConnectError, Reason } from "@limiquantix/api";
import {
  aesGcmSealer,
  allTables,
  createControlPlane,
  MemoryStore,
  newSealingKey,
  openDatabase,
  type ControlPlane,
  type Database,
  type SingleSignOn,
} from "@limiquantix/control";
import { systemClock, type Log } from "@limiquantix/kit";
import { LdapDirectory, OpenIdConnect } from "../src/index.ts";

/** Under which browsers and programs reach it. */
export const host = "control.example";

/** The real control plane in this process, without --dev, that asks real identity providers. */
export class TestControlPlane implements AsyncDisposable {
  readonly control: ControlPlane;
  readonly db: Database;
  readonly store: MemoryStore;
  /** All that it logged. */
  readonly log: string[];
  #adminToken = "";

  private constructor(parts: { control: ControlPlane; db: Database; store: MemoryStore; log: string[] }) {
    this.control = parts.control;
    this.db = parts.db;
    this.store = parts.store;
    this.log = parts.log;
  }

  static async start(sso: SingleSignOn = { directory: new LdapDirectory(), openId: new OpenIdConnect() }) {
    const lines: string[] = [];
    const write = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
    const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
    const store = new MemoryStore();
    const db = await openDatabase({ store, tables: allTables, clock: systemClock, log });
    const control = createControlPlane({
      db,
      clock: systemClock,
      log,
      dialer: () => {
        throw new Error("there are no hosts");
      },
      passwordHasher: {
        hash: async (password) => `plain:${password}`,
        verify: async (hash, password) => hash === `plain:${password}`,
      },
      sealer: aesGcmSealer(newSealingKey()),
      system: { version: "test", store: "memory", dev: false },
      sso,
    });
    const self = new TestControlPlane({ control, db, store, log: lines });
    const first = await control.ensureFirstAdministrator();
    await control.start();
    const login = { username: "admin", password: first?.password ?? "" };
    self.#adminToken = (await self.as("", AuthService).login(login)).token;
    return self;
  }

  /** A client with a token; empty: nobody. */
  as<S extends DescService>(token: string, service: S): Client<S> {
    const headers: Interceptor = (next) => (request) => {
      request.header.set("host", host);
      request.header.set("origin", `https://${host}`);
      if (token) request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    };
    const { control } = this;
    const transport = createRouterTransport((router) => control.routes(router), {
      router: { interceptors: control.interceptors },
      transport: { interceptors: [headers] },
    });
    return createClient(service, transport);
  }

  admin<S extends DescService>(service: S): Client<S> {
    return this.as(this.#adminToken, service);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control.stop();
    await this.db[Symbol.asyncDispose]();
  }
}

/** The name of the reason for which a call fails, or "ok". */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "ok";
  } catch (error) {
    return Reason[fromConnectError(error).reason];
  }
}
