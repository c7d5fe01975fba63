import type { Call } from "../rpc/call.ts";
import type { Transaction } from "../store/database.ts";

/** How a host proves who it is. */
export interface NodeTrust {
  /** SHA-256 of the authority's certificate, hexadecimal. */
  authorityFingerprint(): Promise<string>;
  /** Where hosts reach the control plane: https://HOST:PORT; empty where it has no HTTPS port. */
  hostUrl(): string;
  /** Makes a join token that is good once and bound to the authority; only its hash is stored. */
  createJoinToken(
    tx: Transaction,
    request: { expiresInMs: number; createdBy: string; caFingerprint: string },
  ): JoinToken;
  /** Uses the token up. Throws JOIN_TOKEN_INVALID. */
  verifyJoinToken(tx: Transaction, token: string): void;
  /**
   * Makes a credential for a host: a certificate where a request for one is given, and a token for a host that talks
   * to us in cleartext on this machine. Nothing is stored before `store` is called, in the transaction that writes the
   * node. What the node had from an earlier join is revoked, unless the call proves itself by it.
   */
  issueNodeCredential(request: {
    nodeId: string;
    hostname: string;
    /** PKCS #10, PEM; empty: no certificate is wanted. */
    csrPem: string;
    call: Pick<Call, "principal" | "peer">;
  }): Promise<NodeCredential>;
  /** The node's token and certificates are no longer accepted. */
  revokeNodeCredential(tx: Transaction, nodeId: string): void;
}

export interface JoinToken {
  token: string;
  /** Milliseconds since the Unix epoch. */
  expiresAt: number;
}

export interface NodeCredential {
  /** Empty where the host keeps the one that it has, or needs none. */
  nodeToken: string;
  /** Empty where none was asked for. */
  certificatePem: string;
  caCertificatePem: string;
  store(tx: Transaction): void;
}
