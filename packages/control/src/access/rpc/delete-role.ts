import { create } from "@bufbuild/protobuf";
import {
  DeleteRoleResponseSchema,
  problem,
  Reason,
  type DeleteRoleRequest,
  type DeleteRoleResponse,
} from "@limiquantix/api";
import { grants, roles } from "../../identity/tables.ts";
import type { Call } from "../../rpc/call.ts";
import { listOfCounts } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { AccessParts } from "../parts.ts";
import { getOwnRole } from "../role.ts";

/** Only one that no grant names. Throws BUILT_IN, IN_USE. */
export function deleteRole(parts: AccessParts, request: DeleteRoleRequest, call: Call): Promise<DeleteRoleResponse> {
  const mutation = { method: "RoleService.DeleteRole", request, response: DeleteRoleResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const role = getOwnRole(tx, request.id);
    const held = tx.by(grants, "role", role.id).length;
    if (held > 0) throw problem(Reason.IN_USE, { kind: "role", name: role.name, by: listOfCounts({ grant: held }) });
    tx.delete(roles, role.id);
    return create(DeleteRoleResponseSchema);
  });
}
