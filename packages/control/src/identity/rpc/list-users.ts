import { create } from "@bufbuild/protobuf";
import {
  ListUsersResponseSchema,
  problem,
  Reason,
  type GetUserRequest,
  type ListUsersRequest,
  type ListUsersResponse,
  type User,
} from "@limiquantix/api";
import type { UserRow } from "@limiquantix/api/rows";
import { pageOf } from "../../rpc/page.ts";
import type { IdentityServices } from "../services.ts";
import { groups, users } from "../tables.ts";

/** By id or name. Throws NOT_FOUND. */
export function getUser({ db, accounts }: IdentityServices, { id }: GetUserRequest): User {
  const row = db.find(users, id) ?? accounts.byName(id);
  if (!row) throw problem(Reason.NOT_FOUND, { kind: "user", id });
  return accounts.shown(row);
}

/** Throws NOT_FOUND for a group that there is not. */
export function listUsers({ db, accounts }: IdentityServices, request: ListUsersRequest): ListUsersResponse {
  const group = request.groupId ? db.get(groups, request.groupId) : undefined;
  const members = group && new Set([...group.memberIds, ...group.providedMemberIds]);
  const search = request.search.toLowerCase();
  const found = [...db.all(users)].filter((row) => (!members || members.has(row.id)) && matches(row, search));
  const page = pageOf(found, request);
  return create(ListUsersResponseSchema, {
    users: page.items.map((row) => accounts.shown(row)),
    nextPageToken: page.nextPageToken,
    totalCount: page.totalCount,
  });
}

function matches({ user }: UserRow, search: string): boolean {
  return (
    search === "" ||
    [user?.name, user?.fullName, user?.email].some((text) => text?.toLowerCase().includes(search) ?? false)
  );
}
