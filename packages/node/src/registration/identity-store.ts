/** Who this host is for the control plane. */
export interface NodeIdentity {
  nodeId: string;
  /** Its credential; only its hash is kept on the other side. */
  nodeToken: string;
  /** Empty without TLS. */
  certificatePem: string;
  caCertificatePem: string;
  /** PKCS #8; never leaves the host. */
  privateKeyPem: string;
}

/** Keeps the identity over restarts, readable by nobody else. */
export interface NodeIdentityStore {
  load(): Promise<NodeIdentity | undefined>;
  save(identity: NodeIdentity): Promise<void>;
}

/** Makes a key and a request for its certificate (PKCS #10). */
export interface CertificateRequester {
  request(hostname: string): Promise<{ csrPem: string; privateKeyPem: string }>;
}
