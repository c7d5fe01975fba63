import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  DeleteGroupResponseSchema,
  GroupSchema,
  type AddGroupMemberRequest,
  type DeleteGroupRequest,
  type DeleteGroupResponse,
  type Group,
  type RemoveGroupMemberRequest,
} from "@limiquantix/api";
import { isAdministratorGrant, refuseLastAdministrator } from "../../access/last-administrator.ts";
import type { Call } from "../../rpc/call.ts";
import { mutate } from "../../rpc/mutate.ts";
import type { Transaction } from "../../store/database.ts";
import type { IdentityServices } from "../services.ts";
import { grants, groups, users } from "../tables.ts";
import { requireGroupWithin } from "../within.ts";

/** What a group gives, nobody gives or takes who does not hold it themselves: PRIVILEGE_MISSING, here and below. */
export function addGroupMember(parts: IdentityServices, request: AddGroupMemberRequest, call: Call): Promise<Group> {
  const mutation = { method: "GroupService.AddGroupMember", request, response: GroupSchema };
  return mutate(parts, call, mutation, (tx) => {
    tx.get(groups, request.id);
    tx.get(users, request.userId);
    requireGroupWithin(parts, call, tx, request.id);
    return tx.update(groups, request.id, (copy) => {
      if (copy.memberIds.includes(request.userId)) return;
      copy.memberIds.push(request.userId);
      copy.updatedAt = timestampFromMs(parts.clock.now());
    });
  });
}

/** Whom their identity provider put in comes back at their next login. Throws NOT_FOUND, LAST_ADMINISTRATOR. */
export function removeGroupMember(
  parts: IdentityServices,
  request: RemoveGroupMemberRequest,
  call: Call,
): Promise<Group> {
  const mutation = { method: "GroupService.RemoveGroupMember", request, response: GroupSchema };
  return mutate(parts, call, mutation, (tx) => {
    tx.get(groups, request.id);
    requireGroupWithin(parts, call, tx, request.id);
    const group = tx.update(groups, request.id, (copy) => {
      const others = copy.memberIds.filter((id) => id !== request.userId);
      const provided = copy.providedMemberIds.filter((id) => id !== request.userId);
      const unchanged = others.length === copy.memberIds.length && provided.length === copy.providedMemberIds.length;
      if (unchanged) return;
      copy.memberIds = others;
      copy.providedMemberIds = provided;
      copy.updatedAt = timestampFromMs(parts.clock.now());
    });
    const name = tx.find(users, request.userId)?.user?.name ?? request.userId;
    if (isAdministrators(tx, request.id)) refuseLastAdministrator(tx, name);
    return group;
  });
}

/** With its grants. Throws NOT_FOUND, LAST_ADMINISTRATOR. */
export function deleteGroup(
  parts: IdentityServices,
  request: DeleteGroupRequest,
  call: Call,
): Promise<DeleteGroupResponse> {
  const mutation = { method: "GroupService.DeleteGroup", request, response: DeleteGroupResponseSchema };
  return mutate(parts, call, mutation, (tx) => {
    const { name } = tx.get(groups, request.id);
    requireGroupWithin(parts, call, tx, request.id);
    const wasAdministrators = isAdministrators(tx, request.id);
    for (const { id } of tx.by(grants, "holder", `group/${request.id}`)) tx.delete(grants, id);
    tx.delete(groups, request.id);
    if (wasAdministrators) refuseLastAdministrator(tx, `group ${name}`);
    return create(DeleteGroupResponseSchema);
  });
}

function isAdministrators(tx: Transaction, groupId: string): boolean {
  return tx.by(grants, "holder", `group/${groupId}`).some(isAdministratorGrant);
}
