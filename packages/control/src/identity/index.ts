export { Identity, type IdentityParts } from "./identity.ts";
export { Gate, type NodeAuthenticator } from "./gate.ts";
export type { PasswordHasher } from "./password-hasher.ts";
export type { ExternalUser, LoginProviders, OidcLogins, StartedOidcLogin } from "./provider-port.ts";
export { aesGcmSealer, newSealingKey, sealingKeyBytes, type Sealer } from "./sealer.ts";
export type { CertificateStatus, SessionCertificates } from "./session-certificates.ts";
export { siteOfRequest, type Site, type SiteOf } from "./site.ts";
