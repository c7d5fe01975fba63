import { readGroupNames } from "../group/names.ts";
import type { Session } from "../../rpc/session.ts";
import type { UserNames } from "./view.ts";

/** Names of what a user belongs to; ids where one may not see groups or providers. */
export async function readUserNames(session: Session): Promise<UserNames> {
  const [group, provider] = await Promise.all([readGroupNames(session), readProviderNames(session)]);
  return { group, provider };
}

async function readProviderNames(session: Session): Promise<(id: string) => string> {
  try {
    const { providers } = await session.providers.listProviders({});
    const names = new Map(providers.map((provider) => [provider.id, provider.name]));
    return (id) => names.get(id) ?? id;
  } catch {
    return (id) => id;
  }
}
