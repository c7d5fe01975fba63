import { create } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { createClient, createRouterTransport, type Client, type Interceptor } from "@connectrpc/connect";
import type { DescService } from "@bufbuild/protobuf";
import {
  ClusterSchema,
  ClusterService,
  FolderSchema,
  FolderService,
  GrantSchema,
  GrantService,
  GroupSchema,
  NodeSchema,
  problem,
  ProjectSchema,
  ProjectService,
  Reason,
  RoleSchema,
  RoleService,
  VirtualMachineSchema,
} from "@limiquantix/api";
import { UserRowSchema } from "@limiquantix/api/rows";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { UserAccess } from "../src/access/access.ts";
import type { Caller } from "../src/access/authorise.ts";
import { Inventory } from "../src/access/inventory.ts";
import { RightsIndex } from "../src/access/rights.ts";
import { grantService, roleService } from "../src/access/service.ts";
import { allTables } from "../src/all-tables.ts";
import { AuditLog } from "../src/audit/index.ts";
import { clusterService } from "../src/clusters/service.ts";
import { folderService } from "../src/folders/service.ts";
import { grants, groups, roles, users } from "../src/identity/tables.ts";
import { projectService } from "../src/projects/service.ts";
import { serverInterceptors, type Authenticator } from "../src/rpc/interceptors.ts";
import type { Database } from "../src/store/database.ts";
import { MemoryStore } from "../src/store/memory-store.ts";
import { openDatabase } from "../src/store/open-database.ts";
import { clusters, folders, nodes, projects, vms } from "../src/tables.ts";
import { upgrade } from "../src/upgrade.ts";

export type Ref = { kind: string; id: string };
export const root: Ref = { kind: "root", id: "" };

/** The inventory tree with its services, rights and interceptors; who calls is who the client says. */
export class TreeWorld implements AsyncDisposable {
  readonly db: Database;
  readonly rights: RightsIndex;
  readonly inventory: Inventory;
  readonly clock = systemClock;

  private constructor(db: Database) {
    this.db = db;
    this.rights = new RightsIndex(db);
    this.inventory = new Inventory(db);
  }

  static async create(): Promise<TreeWorld> {
    const db = await openDatabase({ store: new MemoryStore(), tables: allTables, clock: systemClock, log: silentLog });
    await upgrade({ db, clock: systemClock });
    return new TreeWorld(db);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.rights[Symbol.dispose]();
    await this.db[Symbol.asyncDispose]();
  }

  access(userId: string, scope?: { privileges: string[]; objects: Ref[] }): UserAccess {
    const { rights, inventory } = this;
    return new UserAccess({ rights, inventory, user: { id: userId, name: this.nameOf(userId) }, scope });
  }

  /** A client of one of the tree's services, as that user. */
  as<S extends DescService>(service: S, userId: string): Client<S> {
    const named: Interceptor = (next) => (request) => {
      request.header.set("test-user", userId);
      return next(request);
    };
    const { db, clock, inventory, rights } = this;
    const parts = { db, clock, inventory, rights };
    const transport = createRouterTransport(
      (router) => {
        router.service(RoleService, roleService(parts));
        router.service(GrantService, grantService(parts));
        router.service(ProjectService, projectService(parts));
        router.service(FolderService, folderService(parts));
        router.service(ClusterService, clusterService(parts));
      },
      {
        router: { interceptors: serverInterceptors(this.#interceptorParts()) },
        transport: { interceptors: [named] },
      },
    );
    return createClient(service, transport);
  }

  async user(name: string, options: { disabled?: boolean } = {}): Promise<string> {
    const user = { id: newId(), name, disabled: options.disabled ?? false };
    await this.db.transact((tx) => tx.insert(users, create(UserRowSchema, { id: user.id, user })));
    return user.id;
  }

  /** A user who is administrator on the root. */
  async administrator(name = "admin"): Promise<string> {
    const id = await this.user(name);
    await this.grant({ userId: id }, "administrator", root);
    return id;
  }

  async group(name: string, memberIds: string[]): Promise<string> {
    const id = newId();
    await this.db.transact((tx) => tx.insert(groups, create(GroupSchema, { id, name, memberIds })));
    return id;
  }

  async role(name: string, privileges: string[]): Promise<string> {
    const id = newId();
    await this.db.transact((tx) => tx.insert(roles, create(RoleSchema, { id, name, privileges })));
    return id;
  }

  async grant(
    holder: { userId: string } | { groupId: string },
    roleId: string,
    object: Ref,
    options: { thisObjectOnly?: boolean } = {},
  ): Promise<string> {
    const id = newId();
    const held: MessageInitShape<typeof GrantSchema>["holder"] =
      "userId" in holder ? { case: "userId", value: holder.userId } : { case: "groupId", value: holder.groupId };
    const row = create(GrantSchema, { id, holder: held, roleId, object, ...options });
    await this.db.transact((tx) => tx.insert(grants, row));
    return id;
  }

  async drop(grantId: string): Promise<void> {
    await this.db.transact((tx) => tx.delete(grants, grantId));
  }

  async project(name: string): Promise<string> {
    const id = newId();
    await this.db.transact((tx) => tx.insert(projects, create(ProjectSchema, { id, name })));
    return id;
  }

  async folder(name: string, place: { parentId?: string; projectId?: string } = {}): Promise<string> {
    const { parentId = "", projectId = parentId ? this.db.get(folders, parentId).projectId : "default" } = place;
    const id = newId();
    await this.db.transact((tx) => tx.insert(folders, create(FolderSchema, { id, name, parentId, projectId })));
    return id;
  }

  async cluster(name: string): Promise<string> {
    const id = newId();
    await this.db.transact((tx) => tx.insert(clusters, create(ClusterSchema, { id, name })));
    return id;
  }

  async node(hostname: string, clusterId = ""): Promise<string> {
    const id = newId();
    await this.db.transact((tx) => tx.insert(nodes, create(NodeSchema, { id, hostname, machineId: id, clusterId })));
    return id;
  }

  async vm(name: string, place: { folderId?: string; projectId?: string; nodeId?: string } = {}): Promise<string> {
    const { folderId = "", nodeId = "" } = place;
    const projectId = place.projectId ?? (folderId ? this.db.get(folders, folderId).projectId : "default");
    const id = newId();
    const row = create(VirtualMachineSchema, { id, name, folderId, projectId, isManaged: true, status: { nodeId } });
    await this.db.transact((tx) => tx.insert(vms, row));
    return id;
  }

  nameOf(userId: string): string {
    return this.db.find(users, userId)?.user?.name ?? userId;
  }

  #interceptorParts() {
    const { db, clock, inventory } = this;
    const authenticator: Authenticator = {
      authenticate: ({ headers }) => this.#caller(headers.get("test-user") ?? ""),
      recheck: () => {},
      onChange: () => ({ [Symbol.dispose]: () => {} }),
    };
    const audit = new AuditLog({ db, clock, log: silentLog });
    return { log: silentLog, authenticator, inventory, db, clock, audit };
  }

  #caller(id: string): Caller {
    if (!this.db.find(users, id)) throw problem(Reason.UNAUTHENTICATED, { why: "there is no such user" });
    return { principal: { kind: "user", id, name: this.nameOf(id), tokenId: "" }, access: this.access(id) };
  }
}
