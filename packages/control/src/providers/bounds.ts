import type { IdentityProvider } from "@limiquantix/api";
import { users } from "../identity/tables.ts";
import { requireGroupWithin, requireUserWithin, type Bounds } from "../identity/within.ts";
import type { Call } from "../rpc/call.ts";
import type { Database, Transaction } from "../store/database.ts";

/**
 * Whoever decides what a provider says can log in as each of its users, and into each group that it maps to. So
 * provider.manage alone allows what does not touch that; for the rest the caller must hold themselves what those users
 * and groups hold. Throws PRIVILEGE_MISSING.
 */
export function requireProviderWithin(
  { db, ...bounds }: Bounds & { db: Database },
  call: Call,
  tx: Transaction,
  { providerId, groupIds }: { providerId?: string; groupIds: Iterable<string> },
): void {
  for (const groupId of new Set(groupIds)) requireGroupWithin(bounds, call, tx, groupId);
  if (!providerId) return;
  for (const { id, user } of db.all(users)) if (user?.providerId === providerId) requireUserWithin(bounds, call, id);
}

export function mappedTo(provider: IdentityProvider | undefined): string[] {
  return provider?.groupMappings.map(({ groupId }) => groupId) ?? [];
}
