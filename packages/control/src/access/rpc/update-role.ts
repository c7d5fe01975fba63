import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  CreateRoleRequestSchema,
  expandPrivilege,
  RoleSchema,
  validate,
  type Role,
  type UpdateRoleRequest,
} from "@limiquantix/api";
import { roles } from "../../identity/tables.ts";
import type { Call } from "../../rpc/call.ts";
import { checkRevision, maskedFields } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { AccessParts } from "../parts.ts";
import { expandPatterns, getOwnRole, refuseBuiltInName, refuseEscalation } from "../role.ts";

/** In force at once. Throws BUILT_IN, NAME_TAKEN, REVISION_CONFLICT, PRIVILEGE_MISSING for what the caller would add. */
export function updateRole(parts: AccessParts, request: UpdateRoleRequest, call: Call): Promise<Role> {
  const fields = maskedFields(request.updateMask, ["name", "description", "privileges"]);
  const asked = create(RoleSchema, request.role);
  return mutate(parts, call, { method: "RoleService.UpdateRole", request, response: RoleSchema }, (tx) => {
    const current = getOwnRole(tx, request.id);
    checkRevision("role", current, request.revision);
    if (fields.has("name") && asked.name !== current.name) refuseBuiltInName(asked.name);
    const role = tx.update(roles, current.id, (copy) => {
      if (fields.has("name")) copy.name = asked.name;
      if (fields.has("description")) copy.description = asked.description;
      if (fields.has("privileges")) copy.privileges = [...asked.privileges];
      copy.updatedAt = timestampFromMs(parts.clock.now());
    });
    const { name, description, privileges } = role;
    validate(CreateRoleRequestSchema, create(CreateRoleRequestSchema, { name, description, privileges }));
    const had = new Set(current.privileges.flatMap(expandPrivilege));
    const added = [...expandPatterns(privileges)].filter((privilege) => !had.has(privilege));
    refuseEscalation(call, added);
    return role;
  });
}
