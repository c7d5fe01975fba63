export { Accounts } from "./accounts.ts";
export { nodeUrn, type CaKeyStore, type KeyAndCertificate } from "./certificate-authority.ts";
export { Gate } from "./gate.ts";
export { NodeCredentials } from "./node-credentials.ts";
export type { PasswordHasher } from "./password-hasher.ts";
export { aesGcmSealer, newSealingKey, sealingKeyBytes, type Sealer } from "./sealer.ts";
export { authService } from "./service.ts";
export { Tokens } from "./tokens.ts";
