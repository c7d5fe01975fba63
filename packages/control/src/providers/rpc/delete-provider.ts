import { create } from "@bufbuild/protobuf";
import {
  DeleteProviderResponseSchema,
  Token_Kind,
  type DeleteProviderRequest,
  type DeleteProviderResponse,
} from "@limiquantix/api";
import { isAdministratorGrant, refuseLastAdministrator } from "../../access/last-administrator.ts";
import { grants, groups, providers, tokens, users } from "../../identity/tables.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { ProviderParts } from "../parts.ts";

/**
 * Its users stay and cannot log in any more: their sessions end, and what the provider's mapping gave them is gone.
 * Throws NOT_FOUND, LAST_ADMINISTRATOR.
 */
export function deleteProvider(
  parts: ProviderParts,
  request: DeleteProviderRequest,
  call: Call,
): Promise<DeleteProviderResponse> {
  const { db } = parts;
  const mutation = {
    method: "IdentityProviderService.DeleteProvider",
    request,
    response: DeleteProviderResponseSchema,
  };
  return mutate(parts, call, mutation, (tx) => {
    tx.get(providers, request.id);
    const theirs = new Set<string>();
    for (const { id, user } of db.all(users)) if (user?.providerId === request.id) theirs.add(id);
    for (const userId of theirs) {
      for (const row of tx.by(tokens, "user", userId)) {
        if (row.token?.kind === Token_Kind.SESSION) tx.delete(tokens, row.id);
      }
    }
    for (const { id, providedMemberIds } of db.all(groups)) {
      if (!providedMemberIds.some((member) => theirs.has(member))) continue;
      const { name } = tx.update(groups, id, (group) => {
        group.providedMemberIds = group.providedMemberIds.filter((member) => !theirs.has(member));
      });
      if (tx.by(grants, "holder", `group/${id}`).some(isAdministratorGrant)) refuseLastAdministrator(tx, name);
    }
    tx.delete(providers, request.id);
    return create(DeleteProviderResponseSchema);
  });
}
