import { may } from "../../rpc/may.ts";
import { allPages, pageSize } from "../../rpc/pages.ts";
import type { Session } from "../../rpc/session.ts";

/** Names for ids; the ids themselves where one may not see groups. */
export async function readGroupNames(session: Session): Promise<(id: string) => string> {
  if (!(await may(session, "group.view"))) return String;
  const groups = await allPages(async (pageToken) => {
    const page = await session.groups.listGroups({ pageSize, pageToken });
    return { items: page.groups, nextPageToken: page.nextPageToken };
  });
  return nameOf(groups);
}

/** The same of users. */
export async function readUserNamesById(session: Session): Promise<(id: string) => string> {
  if (!(await may(session, "user.view"))) return String;
  const users = await allPages(async (pageToken) => {
    const page = await session.users.listUsers({ pageSize, pageToken });
    return { items: page.users, nextPageToken: page.nextPageToken };
  });
  return nameOf(users);
}

export function nameOf(items: readonly { id: string; name: string }[]): (id: string) => string {
  const names = new Map(items.map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id;
}
