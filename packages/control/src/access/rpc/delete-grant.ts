import { create } from "@bufbuild/protobuf";
import { DeleteGrantResponseSchema, type DeleteGrantRequest, type DeleteGrantResponse } from "@limiquantix/api";
import { grants } from "../../identity/tables.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import { isAdministratorGrant, refuseLastAdministrator } from "../last-administrator.ts";
import type { AccessParts } from "../parts.ts";
import { shownGrant } from "../shown-grant.ts";

/** Takes a role away; calls and open streams feel it at once. Throws LAST_ADMINISTRATOR. */
export function deleteGrant(parts: AccessParts, request: DeleteGrantRequest, call: Call): Promise<DeleteGrantResponse> {
  const mutation = { method: "GrantService.DeleteGrant", request, response: DeleteGrantResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const grant = tx.get(grants, request.id);
    const { holderName } = shownGrant(tx, grant);
    tx.delete(grants, grant.id);
    if (isAdministratorGrant(grant)) refuseLastAdministrator(tx, holderName || "the holder");
    return create(DeleteGrantResponseSchema);
  });
}
