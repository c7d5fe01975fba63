import type { Transaction } from "../store/database.ts";

/** How a host proves who it is. Implemented by identity/; NodeService is its only user. */
export interface NodeTrust {
  /** Makes a join token that is good once; only its hash is stored. */
  createJoinToken(tx: Transaction, request: { expiresInMs: number; createdBy: string }): JoinToken;
  /** Uses the token up. Throws JOIN_TOKEN_INVALID. */
  verifyJoinToken(tx: Transaction, token: string): void;
  /**
   * Makes a credential for a host: its token, and a certificate where a request for one is given. Nothing is stored
   * before `store` is called, in the transaction that writes the node; it replaces an older credential of the node.
   */
  issueNodeCredential(request: {
    nodeId: string;
    hostname: string;
    managementIp: string;
    /** PKCS #10, PEM; empty: no certificate is wanted. */
    csrPem: string;
    /**
     * The token that the host has stays good, and none is answered: a host that is killed before it saved a new one
     * would be locked out.
     */
    keepToken?: boolean;
  }): Promise<NodeCredential>;
  /** The node's token and certificate are no longer accepted. */
  revokeNodeCredential(tx: Transaction, nodeId: string): void;
}

export interface JoinToken {
  token: string;
  /** Milliseconds since the Unix epoch. */
  expiresAt: number;
}

export interface NodeCredential {
  /** Empty where the host keeps the one that it has. */
  nodeToken: string;
  /** Empty where none was asked for. */
  certificatePem: string;
  caCertificatePem: string;
  store(tx: Transaction): void;
}
