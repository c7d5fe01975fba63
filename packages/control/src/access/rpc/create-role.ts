import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { RoleSchema, type CreateRoleRequest, type Role } from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import { roles } from "../../identity/tables.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { AccessParts } from "../parts.ts";
import { expandPatterns, refuseBuiltInName, refuseEscalation } from "../role.ts";

/** A role of one's own. Throws NAME_TAKEN, PRIVILEGE_MISSING for what the caller does not hold on the root. */
export function createRole(parts: AccessParts, request: CreateRoleRequest, call: Call): Promise<Role> {
  return mutate(parts, call, { method: "RoleService.CreateRole", request, response: RoleSchema }, (tx) => {
    refuseBuiltInName(request.name);
    refuseEscalation(call, expandPatterns(request.privileges));
    const now = timestampFromMs(parts.clock.now());
    const { name, description, privileges } = request;
    const role = create(RoleSchema, { id: newId(), name, description, privileges, createdAt: now, updatedAt: now });
    tx.insert(roles, role);
    return role;
  });
}
