import type { OidcProvider } from "@limiquantix/api";
import type { ProviderRow } from "@limiquantix/api/rows";
import type { OpenIdSettings } from "./ports.ts";

/** A provider that was changed is discovered anew. */
export function openIdSettings(row: ProviderRow, oidc: OidcProvider, clientSecret: string): OpenIdSettings {
  return { cacheKey: `${row.id}@${row.revision}`, oidc, clientSecret };
}
