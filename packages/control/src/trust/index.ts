export {
  defaultLifeMs,
  type CaKeyStore,
  type CertificateAuthority,
  type Issued,
  type KeyAndCertificate,
} from "./certificate-authority.ts";
export { NodeCredentials, type OwnCertificate } from "./node-credentials.ts";
export type { NodeTrust } from "./node-trust.ts";
export { certificateService } from "./service.ts";
