import { create, type DescService } from "@bufbuild/protobuf";
import { createClient, createRouterTransport, type Client, type Transport } from "@connectrpc/connect";
import { builtInRoles, GrantSchema, RoleSchema } from "@limiquantix/api";
import {
  grants,
  Inventory,
  RightsIndex,
  roles,
  serverInterceptors,
  UserAccess,
  type Access,
} from "@limiquantix/control";
import { newId, silentLog } from "@limiquantix/kit";
import type { SimControlPlane } from "./sim-control-plane.ts";

/**
 * Somebody who calls the API with the rights that they were granted, and needs no login: for tests of what who may see
 * and do. Their grants are rows like any other.
 */
export class SimUser {
  readonly id = newId();
  readonly name: string;
  readonly access: Access;
  readonly #control: SimControlPlane;
  readonly #transport: Transport;

  constructor(control: SimControlPlane, name: string) {
    this.name = name;
    this.#control = control;
    const { db, clock, controlPlane } = control;
    const inventory = new Inventory(db);
    this.access = new UserAccess({ rights: new RightsIndex(db), inventory, user: { id: this.id, name, sinceMs: 0 } });
    const principal = { kind: "user" as const, id: this.id, name, tokenId: "" };
    const caller = { principal, access: this.access };
    const authenticator = {
      authenticate: () => caller,
      recheck() {},
      onChange: () => ({ [Symbol.dispose]: () => {} }),
    };
    // What they do is not written down: that is tested where it is done.
    const audit = { interceptor: ((next) => next) satisfies ReturnType<typeof serverInterceptors>[number] };
    const interceptors = serverInterceptors({ log: silentLog, authenticator, inventory, db, clock, audit });
    this.#transport = createRouterTransport((router) => controlPlane.routes(router), { router: { interceptors } });
  }

  client<Service extends DescService>(service: Service): Client<Service> {
    return createClient(service, this.#transport);
  }

  /** Gives a built-in role, or a role of its own with these privileges, on an object; answers the grant's id. */
  async allow(roleOrPrivileges: string | readonly string[], object: { kind: string; id?: string }): Promise<string> {
    const grantId = newId();
    await this.#control.db.transact((tx) => {
      let roleId = "";
      if (typeof roleOrPrivileges === "string") {
        roleId = roleOrPrivileges;
        if (!builtInRoles.some(({ id }) => id === roleId)) throw new Error(`there is no role ${roleId}`);
      } else {
        roleId = newId();
        tx.insert(roles, create(RoleSchema, { id: roleId, name: roleId, privileges: [...roleOrPrivileges] }));
      }
      const holder = { case: "userId", value: this.id } as const;
      tx.insert(grants, create(GrantSchema, { id: grantId, holder, roleId, object }));
    });
    return grantId;
  }

  async forbid(grantId: string): Promise<void> {
    await this.#control.db.transact((tx) => tx.delete(grants, grantId));
  }
}
