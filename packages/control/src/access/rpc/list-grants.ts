import { create } from "@bufbuild/protobuf";
import {
  ListGrantsResponseSchema,
  type Grant,
  type ListGrantsRequest,
  type ListGrantsResponse,
} from "@limiquantix/api";
import { grants, groups, users } from "../../identity/tables.ts";
import type { Call } from "../../rpc/call.ts";
import { pageOf } from "../../rpc/page.ts";
import { rootKey } from "../inventory.ts";
import type { AccessParts } from "../parts.ts";
import { findRole } from "../role.ts";
import { shownGrant } from "../shown-grant.ts";

/** The grants on objects whose grants the caller may see. */
export function listGrants(parts: AccessParts, request: ListGrantsRequest, { access }: Call): ListGrantsResponse {
  const visible = access.sees("grant", "grant.view");
  const matching = [byHolder(parts, request), byRole(parts, request), byObject(parts, request)].filter(
    (matches) => matches !== undefined,
  );
  const found = [...parts.db.all(grants)].filter((grant) => matching.every((matches) => matches(grant)));
  const page = pageOf(found.filter(visible), request);
  return create(ListGrantsResponseSchema, {
    grants: page.items.map((grant) => shownGrant(parts.db, grant)),
    nextPageToken: page.nextPageToken,
    totalCount: page.totalCount,
  });
}

type Matches = (grant: Grant) => boolean;

function byHolder({ db, rights }: AccessParts, { userId, groupId, effective }: ListGrantsRequest): Matches | undefined {
  if (!userId && !groupId) return undefined;
  const user = userId && (db.find(users, userId) ?? db.by(users, "name", userId)[0])?.id;
  const group = groupId && (db.find(groups, groupId) ?? db.by(groups, "name", groupId)[0])?.id;
  const inGroups = new Set(user && effective ? rights.groupsOf(user) : []);
  return ({ holder }) =>
    holder.case === "userId"
      ? user !== "" && holder.value === user
      : (group !== "" && holder.value === group) || inGroups.has(holder.value ?? "");
}

function byRole({ db }: AccessParts, { roleId }: ListGrantsRequest): Matches | undefined {
  if (!roleId) return undefined;
  const role = findRole(db, roleId);
  return (grant) => grant.roleId === role?.id;
}

function byObject({ inventory }: AccessParts, { object, effective }: ListGrantsRequest): Matches | undefined {
  if (!object) return undefined;
  const path = inventory.pathOfRef(object);
  if (!path) return () => false;
  const own = path[0];
  return (grant) => {
    const key = keyOf(grant);
    return key === own || (effective && !grant.thisObjectOnly && path.includes(key));
  };
}

function keyOf({ object }: Grant): string {
  return object?.kind === rootKey ? rootKey : `${object?.kind}/${object?.id}`;
}
