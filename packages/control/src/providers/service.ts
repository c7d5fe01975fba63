import type { ServiceImpl } from "@connectrpc/connect";
import type { IdentityProviderService } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { Sealer } from "../identity/sealer.ts";
import type { Database } from "../store/database.ts";

export function identityProviderService(_parts: { db: Database; clock: Clock; log: Log; sealer: Sealer }) {
  return {} satisfies Partial<ServiceImpl<typeof IdentityProviderService>>;
}
