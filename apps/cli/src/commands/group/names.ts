import { allPages, pageSize } from "../../rpc/pages.ts";
import type { Session } from "../../rpc/session.ts";

/** Names for ids; the ids themselves where one may not see groups. */
export async function readGroupNames(session: Session): Promise<(id: string) => string> {
  try {
    const groups = await allPages(async (pageToken) => {
      const page = await session.groups.listGroups({ pageSize, pageToken });
      return { items: page.groups, nextPageToken: page.nextPageToken };
    });
    const names = new Map(groups.map((group) => [group.id, group.name]));
    return (id) => names.get(id) ?? id;
  } catch {
    return (id) => id;
  }
}

export async function readUserNamesById(session: Session): Promise<(id: string) => string> {
  try {
    const users = await allPages(async (pageToken) => {
      const page = await session.users.listUsers({ pageSize, pageToken });
      return { items: page.users, nextPageToken: page.nextPageToken };
    });
    const names = new Map(users.map((user) => [user.id, user.name]));
    return (id) => names.get(id) ?? id;
  } catch {
    return (id) => id;
  }
}
