import { X509Certificate } from "node:crypto";
import type { CertificateRequester } from "@limiquantix/node";

/** TLS client authentication, among a certificate's extended key usages (RFC 5280, 4.2.1.12). */
const clientAuth = "1.3.6.1.5.5.7.3.2";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A new key for each request; it never leaves the host (PKCS #10, RFC 2986). */
export const certificateRequester: CertificateRequester = {
  async request(hostname) {
    // Loaded when needed: a host that runs without TLS does without these megabytes.
    await import("reflect-metadata");
    const { PemConverter, Pkcs10CertificateRequestGenerator } = await import("@peculiar/x509");
    const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const csr = await Pkcs10CertificateRequestGenerator.create({
      name: [{ CN: [hostname] }],
      keys,
      signingAlgorithm: algorithm,
    });
    const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { csrPem: csr.toString("pem"), privateKeyPem: PemConverter.encode(key, "PRIVATE KEY") };
  },
  life(certificatePem) {
    const { keyUsage, validFromDate, validToDate } = new X509Certificate(certificatePem);
    if (!keyUsage?.includes(clientAuth)) return undefined;
    return { fromMs: validFromDate.getTime(), untilMs: validToDate.getTime() };
  },
};
