import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason } from "@limiquantix/api";
import { JoinTokenRowSchema, NodeCredentialRowSchema } from "@limiquantix/api/rows";
import { newId, type Clock } from "@limiquantix/kit";
import type { JoinToken, NodeCredential, NodeTrust } from "./node-trust.ts";
import type { Call, Principal } from "../rpc/call.ts";
import type { Database, Transaction } from "../store/database.ts";
import { nodes } from "../tables.ts";
import { CertificateAuthority, type CaKeyStore, type KeyAndCertificate } from "./certificate-authority.ts";
import { hashSecret, newSecret } from "../identity/secrets.ts";
import { joinTokens, nodeCredentials } from "../identity/tables.ts";

/** Join tokens, and what registered hosts prove themselves with. */
export class NodeCredentials implements NodeTrust {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #keyStore: CaKeyStore | undefined;
  #opened: Promise<CertificateAuthority> | undefined;

  /** Without a key store nothing of the authority is kept. */
  constructor(parts: { db: Database; clock: Clock; keyStore?: CaKeyStore | undefined }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
    this.#keyStore = parts.keyStore;
  }

  /** `createdBy` in place of a call: the control plane itself. */
  createJoinToken(
    tx: Transaction,
    request: { expiresInMs: number } & ({ call: Call } | { createdBy: string }),
  ): JoinToken {
    const token = newSecret("lqxjoin_");
    const expiresAt = this.#clock.now() + request.expiresInMs;
    tx.insert(
      joinTokens,
      create(JoinTokenRowSchema, {
        id: newId(),
        secretHash: hashSecret(token),
        expiresAt: timestampFromMs(expiresAt),
        createdBy: "call" in request ? request.call.principal.name : request.createdBy,
      }),
    );
    return { token, expiresAt };
  }

  verifyJoinToken(tx: Transaction, token: string): void {
    const [found] = tx.by(joinTokens, "secret", hashSecret(token));
    // Read by id: of two hosts that use a token at once, the second one's transaction runs again and finds nothing.
    const row = found && tx.find(joinTokens, found.id);
    if (!row?.expiresAt || timestampMs(row.expiresAt) <= this.#clock.now()) throw problem(Reason.JOIN_TOKEN_INVALID);
    tx.delete(joinTokens, row.id);
  }

  async issueNodeCredential(request: {
    nodeId: string;
    hostname: string;
    managementIp: string;
    csrPem: string;
    keepToken?: boolean;
  }): Promise<NodeCredential> {
    const nodeToken = newSecret("lqxnode_");
    const authority = request.csrPem ? await this.#authority() : undefined;
    const certificate = await authority?.signNode(request);
    const row = create(NodeCredentialRowSchema, {
      id: request.nodeId,
      secretHash: hashSecret(nodeToken),
      certificateSerial: certificate?.serial ?? "",
      ...(certificate ? { certificateExpiresAt: timestampFromMs(certificate.expiresAt) } : {}),
    });
    return {
      nodeToken: request.keepToken ? "" : nodeToken,
      certificatePem: certificate?.certificatePem ?? "",
      caCertificatePem: authority?.certificatePem ?? "",
      store(tx) {
        if (!tx.find(nodeCredentials, row.id)) return tx.insert(nodeCredentials, row);
        tx.update(nodeCredentials, row.id, (kept) => {
          const secretHash = request.keepToken ? kept.secretHash : row.secretHash;
          Object.assign(kept, row, { revision: kept.revision, secretHash });
        });
      },
    };
  }

  revokeNodeCredential(tx: Transaction, nodeId: string): void {
    if (tx.find(nodeCredentials, nodeId)) tx.delete(nodeCredentials, nodeId);
  }

  /** Whose token this is. Throws UNAUTHENTICATED. */
  authenticate(secret: string): Principal {
    const [row] = this.#db.by(nodeCredentials, "secret", hashSecret(secret));
    if (!row) throw problem(Reason.UNAUTHENTICATED, { why: "it is of no registered host" });
    return { kind: "node", id: row.id, name: this.#db.find(nodes, row.id)?.hostname ?? row.id };
  }

  /** What the control plane shows hosts when it dials them, and the authority that both sides trust. */
  async controlPlaneCertificate(): Promise<KeyAndCertificate & { caCertificatePem: string }> {
    const authority = await this.#authority();
    return { ...(await authority.issueControlPlane()), caCertificatePem: authority.certificatePem };
  }

  /** Deletes join tokens that nobody used in time. */
  async sweep(): Promise<void> {
    const now = this.#clock.now();
    const expired = [...this.#db.all(joinTokens)].filter((row) => !row.expiresAt || timestampMs(row.expiresAt) <= now);
    if (expired.length === 0) return;
    await this.#db.transact((tx) => {
      for (const { id } of expired) if (tx.find(joinTokens, id)) tx.delete(joinTokens, id);
    });
  }

  #authority(): Promise<CertificateAuthority> {
    this.#opened ??= CertificateAuthority.open({ keyStore: this.#keyStore, clock: this.#clock });
    return this.#opened;
  }
}
