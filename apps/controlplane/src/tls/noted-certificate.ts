import { X509Certificate } from "node:crypto";
import type { NodeCredentials } from "@limiquantix/control";

/** Tells the register of a certificate that another authority issued: people see it and hear when it expires. */
export async function noteCertificate(trust: NodeCredentials, certificatePem: string, issuer: string): Promise<void> {
  const certificate = new X509Certificate(certificatePem);
  const issued = {
    serial: certificate.serialNumber.toLowerCase(),
    fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    issuedAt: certificate.validFromDate.getTime(),
    expiresAt: certificate.validToDate.getTime(),
    names: namesOf(certificate),
  };
  await trust.noteWebCertificate(issued, issuer);
}

function namesOf({ subjectAltName = "" }: X509Certificate): string[] {
  return subjectAltName.split(", ").flatMap((name) => /^(?:DNS|IP Address):(\S+)$/.exec(name)?.[1] ?? []);
}
