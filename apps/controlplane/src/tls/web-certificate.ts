import type { Life } from "@limiquantix/kit";

/** What browsers are shown. */
export interface WebCertificate {
  /** PEM, the chain, its own certificate first. */
  certificatePem: string;
  /** PEM. */
  keyPem: string;
}

/** Where the certificate that browsers see comes from. */
export interface WebCertificateSource extends Disposable {
  /** Begins; `use` is called with the first one and each that follows, `failed` when a next one could not be had. */
  start(hear: { use: (certificate: WebCertificate) => void; failed: (message: string) => void }): Promise<void>;
}

export function lifeOf(certificate: { validFromDate: Date; validToDate: Date }): Life {
  return { fromMs: certificate.validFromDate.getTime(), untilMs: certificate.validToDate.getTime() };
}

/** A cause with its causes, in a line. */
export function reasonOf(cause: unknown): string {
  const parts: string[] = [];
  for (let at = cause; at instanceof Error; at = at.cause) parts.push(at.message || at.name);
  return parts.join(": ") || String(cause);
}
