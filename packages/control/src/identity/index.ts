export { Accounts } from "./accounts.ts";
export { Gate } from "./gate.ts";
export type { PasswordHasher } from "./password-hasher.ts";
export { aesGcmSealer, newSealingKey, sealingKeyBytes, type Sealer } from "./sealer.ts";
export { authService } from "./service.ts";
export { groupService, userService } from "./user-service.ts";
export { Tokens } from "./tokens.ts";
