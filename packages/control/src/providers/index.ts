export type * from "./ports.ts";
export { IdentityProviders, oidcCallbackPath } from "./identity-providers.ts";
export type { SingleSignOn } from "./parts.ts";
export { identityProviderService } from "./service.ts";
