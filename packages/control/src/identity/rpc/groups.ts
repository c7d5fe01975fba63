import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  GroupSchema,
  invalid,
  ListGroupsResponseSchema,
  problem,
  Reason,
  type CreateGroupRequest,
  type GetGroupRequest,
  type Group,
  type ListGroupsRequest,
  type ListGroupsResponse,
  type UpdateGroupRequest,
} from "@limiquantix/api";
import { newId } from "@limiquantix/kit";
import type { Call } from "../../rpc/call.ts";
import { checkRevision, maskedFields } from "../../rpc/edit.ts";
import { mutate } from "../../rpc/mutate.ts";
import { pageOf } from "../../rpc/page.ts";
import type { IdentityServices } from "../services.ts";
import { groups } from "../tables.ts";

const longestName = 128;
const longestDescription = 1024;

/** Throws NAME_TAKEN. */
export function createGroup(parts: IdentityServices, request: CreateGroupRequest, call: Call): Promise<Group> {
  const mutation = { method: "GroupService.CreateGroup", request, response: GroupSchema };
  const { name, description } = request;
  const id = newId();
  return mutate(parts, call, mutation, (tx) => {
    const now = timestampFromMs(parts.clock.now());
    const group = create(GroupSchema, { id, name, description, createdAt: now, updatedAt: now });
    tx.insert(groups, group);
    return group;
  });
}

/** By id or name. Throws NOT_FOUND. */
export function getGroup({ db }: IdentityServices, { id }: GetGroupRequest): Group {
  const group = db.find(groups, id) ?? db.by(groups, "name", id)[0];
  if (!group) throw problem(Reason.NOT_FOUND, { kind: "group", id });
  return group;
}

export function listGroups({ db }: IdentityServices, request: ListGroupsRequest): ListGroupsResponse {
  const search = request.search.toLowerCase();
  const found = [...db.all(groups)].filter(({ name, description }) =>
    [name, description].some((text) => text.toLowerCase().includes(search)),
  );
  const page = pageOf(found, request);
  return create(ListGroupsResponseSchema, {
    groups: page.items,
    nextPageToken: page.nextPageToken,
    totalCount: page.totalCount,
  });
}

/** Throws NOT_FOUND, NAME_TAKEN, REVISION_CONFLICT, INVALID_REQUEST. */
export function updateGroup(parts: IdentityServices, request: UpdateGroupRequest, call: Call): Promise<Group> {
  const fields = maskedFields(request.updateMask, ["name", "description"]);
  const { name = "", description = "" } = request.group ?? {};
  if (fields.has("name") && (name === "" || name.length > longestName)) {
    throw invalid([{ field: "group.name", message: `has 1 to ${longestName} characters` }]);
  }
  if (description.length > longestDescription) {
    throw invalid([{ field: "group.description", message: `has at most ${longestDescription} characters` }]);
  }
  const mutation = { method: "GroupService.UpdateGroup", request, response: GroupSchema };
  return mutate(parts, call, mutation, (tx) => {
    checkRevision("group", tx.get(groups, request.id), request.revision);
    return tx.update(groups, request.id, (copy) => {
      if (fields.has("name")) copy.name = name;
      if (fields.has("description")) copy.description = description;
      copy.updatedAt = timestampFromMs(parts.clock.now());
    });
  });
}
