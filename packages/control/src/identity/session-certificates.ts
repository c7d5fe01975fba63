/** Signs the certificates that tokens are bound to, in the manner of RFC 8705; trust/ implements it. */
export interface SessionCertificates {
  /**
   * Checks the request's signature, and that its key is one that we sign; answers a client certificate with the URI
   * urn:limiquantix:session:<tokenId>. Throws INVALID_REQUEST for a request that is none.
   */
  sign(request: {
    /** PKCS #10, PEM. */
    csrPem: string;
    tokenId: string;
    userName: string;
    /** Milliseconds since the Unix epoch; the certificate ends no later. */
    expiresAt: number;
  }): Promise<{
    certificatePem: string;
    /** SHA-256 of the DER certificate, hexadecimal. */
    fingerprint: string;
  }>;
}

/** What a gate asks of the certificate authority; trust/ implements it. */
export interface CertificateStatus {
  /** By serial number, hexadecimal, as in PeerCertificate. */
  isRevoked(serial: string): boolean;
}
