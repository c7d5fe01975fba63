import type { Life } from "@limiquantix/kit";

/** Who this host is for the control plane. */
export interface NodeIdentity {
  nodeId: string;
  /** Its credential in cleartext on this machine; only its hash is kept on the other side. Empty over TLS. */
  nodeToken: string;
  /** What it proves itself with, as server and as client. Empty without TLS. */
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

/** Makes keys and requests for their certificates (PKCS #10), and reads certificates. */
export interface CertificateRequester {
  request(hostname: string): Promise<{ csrPem: string; privateKeyPem: string }>;
  /** Undefined: not good for both a server and a client, as those were that an earlier release got. */
  life(certificatePem: string): Life | undefined;
}
