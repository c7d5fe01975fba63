import type { Cluster, Group, IdentityProvider, Project, Role, User } from "@limiquantix/api";
import type { Session } from "./session.ts";

/* Wherever a thing is named, its id does as well: these services take both by themselves. */

export const getUser = (session: Session, ref: string): Promise<User> => session.users.getUser({ id: ref });
export const getGroup = (session: Session, ref: string): Promise<Group> => session.groups.getGroup({ id: ref });
export const getRole = (session: Session, ref: string): Promise<Role> => session.roles.getRole({ id: ref });
export const getProject = (session: Session, ref: string): Promise<Project> => session.projects.getProject({ id: ref });
export const getCluster = (session: Session, ref: string): Promise<Cluster> => session.clusters.getCluster({ id: ref });

export const getProvider = (session: Session, ref: string): Promise<IdentityProvider> =>
  session.providers.getProvider({ id: ref });

/** For requests that are about users and take the id: one's own is known without the privilege to see users. */
export async function getUserId(session: Session, ref: string): Promise<string> {
  const self = await session.auth.whoAmI({});
  if (self.name === ref || self.id === ref) return self.id;
  return (await getUser(session, ref)).id;
}
