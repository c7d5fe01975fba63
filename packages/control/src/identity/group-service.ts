import type { ServiceImpl } from "@connectrpc/connect";
import type { GroupService } from "@limiquantix/api";
import { callOf } from "../rpc/context.ts";
import { addGroupMember, deleteGroup, removeGroupMember } from "./rpc/group-members.ts";
import { createGroup, getGroup, listGroups, updateGroup } from "./rpc/groups.ts";
import type { IdentityServices } from "./services.ts";

export function groupService(parts: IdentityServices) {
  return {
    createGroup: (request, context) => createGroup(parts, request, callOf(context)),
    getGroup: (request) => getGroup(parts, request),
    listGroups: (request) => listGroups(parts, request),
    updateGroup: (request, context) => updateGroup(parts, request, callOf(context)),
    deleteGroup: (request, context) => deleteGroup(parts, request, callOf(context)),
    addGroupMember: (request, context) => addGroupMember(parts, request, callOf(context)),
    removeGroupMember: (request, context) => removeGroupMember(parts, request, callOf(context)),
  } satisfies ServiceImpl<typeof GroupService>;
}
