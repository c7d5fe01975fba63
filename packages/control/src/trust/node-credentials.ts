import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { nodeIdIn, problem, Reason, type Certificate, type RenewCertificateRequest } from "@limiquantix/api";
import { NodeCredentialRowSchema, type NodeCredentialRow } from "@limiquantix/api/rows";
import type { Clock, Log } from "@limiquantix/kit";
import { hashSecret, newSecret } from "../identity/secrets.ts";
import type { CertificateStatus, SessionCertificates } from "../identity/session-certificates.ts";
import { nodeCredentials } from "../identity/tables.ts";
import type { Call, Principal } from "../rpc/call.ts";
import type { Peer, PeerCertificate } from "../rpc/context.ts";
import type { Database, Transaction } from "../store/database.ts";
import { nodes } from "../tables.ts";
import { CertificateAuthority, type CaKeyStore, type Issued, type KeyAndCertificate } from "./certificate-authority.ts";
import { CertificateRegister } from "./certificate-register.ts";
import { ExpiryWatch } from "./expiry-watch.ts";
import { JoinTokens } from "./join-tokens.ts";
import type { JoinToken, NodeCredential, NodeTrust } from "./node-trust.ts";

const firstJoinMs = 24 * 3600 * 1000;

export interface TrustParts {
  db: Database;
  clock: Clock;
  log: Log;
  /** Undefined: nothing of the authority is kept. */
  keyStore?: CaKeyStore | undefined;
  /** Of the certificates that the authority issues, in milliseconds; 90 days unless told. */
  certificateLifeMs?: number | undefined;
  /** Where hosts reach the control plane, as its app knows once it listens; empty: nowhere. */
  hostUrl?: (() => string) | undefined;
}

/** An own certificate of the control plane. */
export type OwnCertificate = Issued & KeyAndCertificate & { caCertificatePem: string };

/** Who hosts, the control plane and sessions are: the authority, what it issued, join tokens. */
export class NodeCredentials implements NodeTrust, SessionCertificates, CertificateStatus {
  readonly register: CertificateRegister;
  readonly #parts: TrustParts;
  readonly #joinTokens: JoinTokens;
  readonly #expiry: ExpiryWatch;
  #opened: Promise<CertificateAuthority> | undefined;

  constructor(parts: TrustParts) {
    this.#parts = parts;
    this.register = new CertificateRegister(parts);
    this.#joinTokens = new JoinTokens(parts);
    this.#expiry = new ExpiryWatch({ ...parts, register: this.register });
  }

  /** Begins to look for certificates that are not renewed. */
  start(): void {
    this.#expiry.start();
  }

  stop(): void {
    this.#expiry[Symbol.dispose]();
  }

  authority(): Promise<CertificateAuthority> {
    const { clock, keyStore, certificateLifeMs: lifeMs } = this.#parts;
    this.#opened ??= CertificateAuthority.open({ keyStore, clock, ...(lifeMs ? { lifeMs } : {}) });
    return this.#opened;
  }

  async authorityFingerprint(): Promise<string> {
    return (await this.authority()).fingerprint;
  }

  hostUrl(): string {
    return this.#parts.hostUrl?.() ?? "";
  }

  createJoinToken(
    tx: Transaction,
    request: { expiresInMs: number; createdBy: string; caFingerprint: string },
  ): JoinToken {
    return this.#joinTokens.make(tx, request);
  }

  /** A join token for the first host, good for a day; undefined once there is a host. */
  async firstJoinToken(): Promise<string | undefined> {
    const { db } = this.#parts;
    if (db.count(nodes) > 0) return undefined;
    const request = { expiresInMs: firstJoinMs, createdBy: "system", caFingerprint: await this.authorityFingerprint() };
    return (await db.transact((tx) => this.createJoinToken(tx, request))).token;
  }

  verifyJoinToken(tx: Transaction, token: string): void {
    this.#joinTokens.use(tx, token);
  }

  async issueNodeCredential(request: {
    nodeId: string;
    hostname: string;
    csrPem: string;
    call: Pick<Call, "principal" | "peer">;
  }): Promise<NodeCredential> {
    const { nodeId, hostname, csrPem, call } = request;
    const { principal, peer } = call;
    const authority = csrPem ? await this.authority() : undefined;
    const issued = await authority?.signNode({ csrPem, nodeId });
    // The token that a host has stays good: one that is killed before it saved a new one would be locked out.
    const keepsToken = principal.kind === "node";
    const nodeToken = newSecret("lqxnode_");
    const row = create(NodeCredentialRowSchema, { id: nodeId, secretHash: hashSecret(nodeToken) });
    if (issued) {
      row.certificateSerial = issued.serial;
      row.certificateExpiresAt = timestampFromMs(issued.expiresAt);
    }
    return {
      nodeToken: keepsToken || peer.tls ? "" : nodeToken,
      certificatePem: issued?.certificatePem ?? "",
      caCertificatePem: authority?.certificatePem ?? "",
      store: (tx) => {
        storeCredential(tx, row, keepsToken);
        if (!keepsToken) this.register.revokeAllOf(tx, nodeId);
        else if (issued) this.register.supersede(tx, nodeId, [peer.certificate?.serial ?? ""]);
        if (issued) this.register.record(tx, issued, { kind: "NODE", id: nodeId, name: hostname });
      },
    };
  }

  /** A host's next certificate. The one that it proved itself with stays good until the next renewal, or its end. */
  async renewNode(request: RenewCertificateRequest, call: Call): Promise<Issued & { caCertificatePem: string }> {
    const { db } = this.#parts;
    const { nodeId, csrPem } = request;
    const authority = await this.authority();
    const issued = await authority.signNode({ csrPem, nodeId });
    await db.transact((tx) => {
      const hostname = tx.get(nodes, nodeId).hostname;
      this.register.supersede(tx, nodeId, [call.peer.certificate?.serial ?? ""]);
      this.register.record(tx, issued, { kind: "NODE", id: nodeId, name: hostname });
      const kept = tx.find(nodeCredentials, nodeId);
      if (kept) tx.update(nodeCredentials, nodeId, (copy) => void (copy.certificateSerial = issued.serial));
    });
    return { ...issued, caCertificatePem: authority.certificatePem };
  }

  revokeNodeCredential(tx: Transaction, nodeId: string): void {
    if (tx.find(nodeCredentials, nodeId)) tx.delete(nodeCredentials, nodeId);
    this.register.revokeAllOf(tx, nodeId);
  }

  /**
   * Whose token this is. Over TLS a host proves itself by its certificate; there a token is good for a host that an
   * earlier release registered, and for getting that certificate. Throws UNAUTHENTICATED.
   */
  authenticate(secret: string, request?: { method: string; peer: Peer }): Principal {
    const [row] = this.#parts.db.by(nodeCredentials, "secret", hashSecret(secret));
    if (!row) throw problem(Reason.UNAUTHENTICATED, { why: "it is of no registered host" });
    if (request?.peer.tls) {
      const upgrading = request.method.endsWith("NodeService/RegisterNode") && this.register.of(row.id).length === 0;
      if (!upgrading) throw problem(Reason.CERTIFICATE_NEEDED);
    }
    return this.#node(row.id);
  }

  /** Which host this certificate is of. Throws CERTIFICATE_REVOKED. */
  authenticateCertificate({ serial, uris }: PeerCertificate): Principal {
    const nodeId = nodeIdIn(uris) ?? "";
    const why = this.hostCertificateFault(nodeId, serial);
    const node = this.#node(nodeId);
    if (why) throw problem(Reason.CERTIFICATE_REVOKED, { who: `host ${node.name}`, why });
    return node;
  }

  /** Why a certificate with this node's name does not prove that node; undefined: it does. */
  hostCertificateFault(nodeId: string, serial: string): string | undefined {
    const { db } = this.#parts;
    const row = this.register.find(serial);
    if (row) return row.certificate?.subjectId === nodeId ? this.register.fault(serial) : "it is another host's";
    // Issued by an earlier release, which kept of a node's certificate the serial number alone.
    if (db.find(nodeCredentials, nodeId)?.certificateSerial === serial) return undefined;
    return this.register.fault(serial);
  }

  isRevoked(serial: string): boolean {
    return this.register.fault(serial) !== undefined;
  }

  onRevoked(listener: (certificate: Certificate) => void): Disposable {
    return this.register.onRevoked(listener);
  }

  async sign(request: { csrPem: string; tokenId: string; userName: string; expiresAt: number }) {
    const issued = await (await this.authority()).signSession(request);
    const subject = { kind: "SESSION", id: request.tokenId, name: request.userName } as const;
    await this.#parts.db.transact((tx) => this.register.record(tx, issued, subject));
    return { certificatePem: issued.certificatePem, fingerprint: issued.fingerprint };
  }

  /** What the control plane shows hosts and the CLI, as client and as server. */
  async controlPlaneCertificate(): Promise<OwnCertificate> {
    const authority = await this.authority();
    return this.#keepOwn("CONTROL_PLANE", { ...(await authority.issueControlPlane()), ...ca(authority) });
  }

  /** What browsers see where the built-in authority vouches for it. */
  async webCertificate(names: readonly string[]): Promise<OwnCertificate> {
    const authority = await this.authority();
    return this.#keepOwn("WEB", { ...(await authority.issueWeb(names)), ...ca(authority) });
  }

  /** Notes the certificate that browsers see, where another authority issued it. */
  async noteWebCertificate(issued: Omit<Issued, "certificatePem">, issuer: string): Promise<void> {
    await this.#parts.db.transact((tx) => {
      this.register.forget(tx, "WEB");
      this.register.record(tx, issued, { kind: "WEB", id: "", name: "web", issuer });
    });
  }

  /** One of the control plane's own could not be renewed: people see why. */
  renewalFailed(kind: "CONTROL_PLANE" | "WEB", message: string): Promise<void> {
    return this.#expiry.renewalFailed(kind, message);
  }

  /** Deletes what nobody used in time, and what is past its end. */
  async sweep(): Promise<void> {
    await this.#joinTokens.sweep();
    await this.register.sweep();
  }

  #node(id: string): Principal {
    return { kind: "node", id, name: this.#parts.db.find(nodes, id)?.hostname ?? id };
  }

  async #keepOwn(kind: "CONTROL_PLANE" | "WEB", own: OwnCertificate): Promise<OwnCertificate> {
    await this.#parts.db.transact((tx) => {
      this.register.forget(tx, kind);
      this.register.record(tx, own, { kind, id: "", name: "control plane" });
    });
    return own;
  }
}

function ca(authority: CertificateAuthority) {
  return { caCertificatePem: authority.certificatePem };
}

function storeCredential(tx: Transaction, row: NodeCredentialRow, keepsToken: boolean): void {
  if (!tx.find(nodeCredentials, row.id)) return tx.insert(nodeCredentials, row);
  tx.update(nodeCredentials, row.id, (kept) => {
    if (!keepsToken) kept.secretHash = row.secretHash;
    if (!row.certificateSerial) return;
    kept.certificateSerial = row.certificateSerial;
    if (row.certificateExpiresAt) kept.certificateExpiresAt = row.certificateExpiresAt;
  });
}
