import { may } from "../../rpc/may.ts";
import type { Session } from "../../rpc/session.ts";
import { nameOf, readGroupNames } from "../group/names.ts";
import type { UserNames } from "./view.ts";

/** Names of what a user belongs to; ids where one may not see groups or providers. */
export async function readUserNames(session: Session): Promise<UserNames> {
  const [group, provider] = await Promise.all([readGroupNames(session), readProviderNames(session)]);
  return { group, provider };
}

async function readProviderNames(session: Session): Promise<(id: string) => string> {
  if (!(await may(session, "provider.view"))) return String;
  return nameOf((await session.providers.listProviders({})).providers);
}
