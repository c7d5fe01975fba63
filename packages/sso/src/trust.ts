import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";

let common: SecureContext | undefined;

/**
 * Which authorities a provider's certificate may come from: those in `caPem` alone, or where it is empty, those that
 * this system and Node know.
 */
export function trustedBy(caPem: string): SecureContext {
  const minVersion = "TLSv1.2";
  if (caPem) return createSecureContext({ ca: caPem, minVersion });
  // Hundreds of certificates: read once.
  common ??= createSecureContext({ ca: [...getCACertificates("default"), ...getCACertificates("system")], minVersion });
  return common;
}
