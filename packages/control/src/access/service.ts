import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  ListPrivilegesResponseSchema,
  ListRolesResponseSchema,
  privileges,
  type GrantService,
  type RoleService,
} from "@limiquantix/api";
import { callOf } from "../rpc/context.ts";
import type { AccessParts } from "./parts.ts";
import { allRoles, getRole } from "./role.ts";
import { canI } from "./rpc/can-i.ts";
import { createGrant } from "./rpc/create-grant.ts";
import { createRole } from "./rpc/create-role.ts";
import { deleteGrant } from "./rpc/delete-grant.ts";
import { deleteRole } from "./rpc/delete-role.ts";
import { listGrants } from "./rpc/list-grants.ts";
import { updateRole } from "./rpc/update-role.ts";

export function roleService(parts: AccessParts) {
  return {
    listPrivileges: () => create(ListPrivilegesResponseSchema, { privileges: listed }),
    createRole: (request, context) => createRole(parts, request, callOf(context)),
    getRole: ({ id }) => getRole(parts.db, id),
    listRoles: () => create(ListRolesResponseSchema, { roles: allRoles(parts.db) }),
    updateRole: (request, context) => updateRole(parts, request, callOf(context)),
    deleteRole: (request, context) => deleteRole(parts, request, callOf(context)),
  } satisfies ServiceImpl<typeof RoleService>;
}

export function grantService(parts: AccessParts) {
  return {
    createGrant: (request, context) => createGrant(parts, request, callOf(context)),
    listGrants: (request, context) => listGrants(parts, request, callOf(context)),
    deleteGrant: (request, context) => deleteGrant(parts, request, callOf(context)),
    canI: (request, context) => canI(request, callOf(context)),
  } satisfies ServiceImpl<typeof GrantService>;
}

const listed = Object.entries(privileges).map(([name, description]) => ({ name, description }));
