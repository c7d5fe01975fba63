export { nodeUrn, type CaKeyStore, type KeyAndCertificate } from "./certificate-authority.ts";
export { NodeCredentials } from "./node-credentials.ts";
export type { NodeTrust } from "./node-trust.ts";
export { certificateService } from "./service.ts";
