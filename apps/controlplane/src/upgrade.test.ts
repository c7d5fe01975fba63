import { chmod, cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createClient, createRouterTransport, type Client, type Interceptor } from "@connectrpc/connect";
import type { DescService } from "@bufbuild/protobuf";
import {
  AuthService,
  FolderService,
  GrantService,
  NodeService,
  ProjectService,
  StoragePoolService,
  VMService,
  VolumeService,
  VolumeStatus_Phase,
} from "@limiquantix/api";
import { SchemaRowSchema } from "@limiquantix/api/rows";
import {
  aesGcmSealer,
  allTables,
  createControlPlane,
  openDatabase,
  table,
  type ControlPlane,
  type Database,
  type Store,
} from "@limiquantix/control";
import { silentLog, systemClock } from "@limiquantix/kit";
import { SqliteStore } from "@limiquantix/store";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataDirectory } from "./data-directory.ts";
import { argon2Hasher } from "./password-hasher.ts";

/** A data directory as the first release left it: one host, one VM, the first administrator with an API token. */
const released = new URL("../../../test/fixtures/state-1/", import.meta.url).pathname;

let path: string;
let login: { user: string; password: string; token: string };
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "lqx-upgrade-"));
  await cp(released, path, { recursive: true });
  await chmod(path, 0o700);
  login = JSON.parse(await readFile(join(path, "login.json"), "utf8")) as typeof login;
});
afterEach(() => rm(path, { recursive: true }));

/** The control plane of now on the directory. `around` sees its store first. */
class Upgraded implements AsyncDisposable {
  readonly db: Database;
  readonly #control: ControlPlane;
  readonly #store: SqliteStore;

  private constructor(parts: { db: Database; control: ControlPlane; store: SqliteStore }) {
    this.db = parts.db;
    this.#control = parts.control;
    this.#store = parts.store;
  }

  static async start(around: (store: Store) => Store = (store) => store): Promise<Upgraded> {
    const directory = await DataDirectory.open(path);
    const store = await SqliteStore.open({ path: directory.databaseFile });
    let control: ControlPlane | undefined;
    let db: Database | undefined;
    try {
      db = await openDatabase({ store: around(store), tables: allTables, clock: systemClock, log: silentLog });
      control = createControlPlane({
        db,
        clock: systemClock,
        log: silentLog,
        // Its host is away: what is known of it is what was stored.
        dialer: () => createRouterTransport(() => {}),
        passwordHasher: argon2Hasher,
        caKeyStore: directory.caKeyStore,
        sealer: aesGcmSealer(await directory.sealingKey()),
        system: { version: "test", store: "sqlite", dev: false },
      });
      await control.start();
      return new Upgraded({ db, control, store });
    } catch (error) {
      await control?.stop();
      await db?.[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      throw error;
    }
  }

  client<S extends DescService>(service: S, token = ""): Client<S> {
    const carrying: Interceptor = (next) => (request) => {
      if (token) request.header.set("authorization", `Bearer ${token}`);
      return next(request);
    };
    const transport = createRouterTransport((router) => this.#control.routes(router), {
      router: { interceptors: this.#control.interceptors },
      transport: { interceptors: [carrying] },
    });
    return createClient(service, transport);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#control.stop();
    await this.db[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
  }
}

/** Everything that the first release stored is there, and what is new has come to it. */
async function checkUpgraded(now: Upgraded): Promise<void> {
  const { user, password, token } = login;
  const session = await now.client(AuthService).login({ username: user, password });
  expect(session.user?.name).toBe("admin");
  for (const proof of [token, session.token]) {
    expect((await now.client(AuthService, proof).whoAmI({})).administrator).toBe(true);
    const { vms } = await now.client(VMService, proof).listVMs({});
    expect(vms.map(({ name, projectId }) => ({ name, projectId }))).toEqual([{ name: "db-1", projectId: "default" }]);
  }
  const { nodes } = await now.client(NodeService, token).listNodes({});
  expect(nodes).toHaveLength(1);
  const { grants } = await now.client(GrantService, token).listGrants({});
  expect(grants).toMatchObject([{ holderName: "admin", roleId: "administrator", object: { kind: "root" } }]);
  const vm = (await now.client(VMService, token).listVMs({})).vms[0];
  const disk = vm?.spec?.disks[0];
  const { volumes } = await now.client(VolumeService, token).listVolumes({});
  expect(volumes).toMatchObject([
    {
      id: disk?.volumeId,
      name: "db-1-disk-1",
      spec: { storagePoolId: disk?.storagePoolId, sizeBytes: (disk?.sizeGib ?? 0n) * 1024n ** 3n },
      status: { phase: VolumeStatus_Phase.ATTACHED, attachedVmId: vm?.id, diskId: disk?.id, nodeId: nodes[0]?.id },
    },
  ]);
  const { pools } = await now.client(StoragePoolService, token).listPools({});
  expect(pools).toMatchObject([{ name: "local", spec: { ofHost: true, assignedNodeIds: [nodes[0]?.id] } }]);
  const { usage, quota } = await now.client(ProjectService, token).getProject({ id: "default" });
  expect(quota).toBeUndefined();
  expect(usage).toMatchObject({
    vms: 1,
    vcpus: vm?.spec?.cpu?.cores,
    memoryMib: vm?.spec?.memory?.sizeMib,
    storageGib: vm?.spec?.disks.reduce((sum, disk) => sum + disk.sizeGib, 0n),
  });
}

/** Index name → value of the stored VM, as the file has it. */
function indexesOfVm(): unknown {
  using file = new DatabaseSync(join(path, "state.db"));
  return Object.fromEntries(
    file
      .prepare("SELECT name, value FROM row_indexes WHERE kind = 'vm'")
      .all()
      .map(({ name, value }) => [name, value]),
  );
}

test("what the first release stored is all there, with grants, projects and indexes, once and after a restart", async () => {
  expect(indexesOfVm()).not.toHaveProperty("project");
  for (let start = 0; start < 2; start++) {
    await using now = await Upgraded.start();
    await checkUpgraded(now);
    const folder = await now.client(FolderService, login.token).createFolder({ name: `made at start ${start}` });
    expect(folder.projectId).toBe("default");
  }
  expect(indexesOfVm()).toMatchObject({ name: "db-1", project: "default" });
});

test("an upgrade that dies at any of its commits goes on at the next start", async () => {
  const count = { commits: 0 };
  await using whole = await Upgraded.start((store) => dyingAfter(store, Number.POSITIVE_INFINITY, count));
  await whole[Symbol.asyncDispose]();
  expect(count.commits).toBeGreaterThan(2);
  for (let after = 0; after < count.commits; after++) {
    await rm(path, { recursive: true });
    await cp(released, path, { recursive: true });
    await expect(Upgraded.start((store) => dyingAfter(store, after, { commits: 0 }))).rejects.toThrow();
    await using now = await Upgraded.start();
    expect((await now.client(AuthService, login.token).whoAmI({})).administrator).toBe(true);
    expect((await now.client(GrantService, login.token).listGrants({})).totalCount).toBe(1);
    expect((await now.client(ProjectService, login.token).getProject({ id: "default" })).usage?.vms).toBe(1);
  }
  await using last = await Upgraded.start();
  await checkUpgraded(last);
});

test("a database of a newer program is refused in words", async () => {
  const schemas = table({ kind: "schema", schema: SchemaRowSchema });
  {
    await using now = await Upgraded.start();
    await now.db.transact((tx) => void tx.update(schemas, "schema", (copy) => (copy.version = 99)));
  }
  await expect(Upgraded.start()).rejects.toThrow(
    "the database was written by a newer limiquantix (schema 99, not 3): use that one",
  );
});

/** The store until so many commits were carried out; from then on no process is left to carry one out. */
function dyingAfter(store: Store, commits: number, count: { commits: number }): Store {
  return {
    name: store.name,
    durable: true,
    revision: () => store.revision(),
    get: (kind, id) => store.get(kind, id),
    list: (kind, query) => store.list(kind, query),
    watch: (after, signal) => store.watch(after, signal),
    acquireLease: (lease) => store.acquireLease(lease),
    releaseLease: (name, holder) => store.releaseLease(name, holder),
    async commit(operations) {
      if (count.commits >= commits) throw new Error("killed");
      count.commits++;
      return store.commit(operations);
    },
    // It stays its owner's.
    [Symbol.asyncDispose]: async () => {},
  };
}
