import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Certificate_Kind, CertificateSchema, type Certificate } from "@limiquantix/api";
import { CertificateRowSchema, type CertificateRow } from "@limiquantix/api/rows";
import { renewalDue, type Clock } from "@limiquantix/kit";
import { certificates } from "../identity/tables.ts";
import type { Database, Transaction } from "../store/database.ts";
import { deleteWhere } from "../store/delete-where.ts";
import type { Issued } from "./certificate-authority.ts";

export interface Subject {
  kind: keyof typeof Certificate_Kind;
  /** The node's, or the session's; empty: the control plane itself. */
  id: string;
  name: string;
  /** "built-in authority" unless told: a file's path, or an ACME server's address. */
  issuer?: string;
}

export const builtInIssuer = "built-in authority";

/** Every certificate that is in use, by serial number: what is not in here, or revoked, or past its end opens nothing. */
export class CertificateRegister {
  readonly #db: Database;
  readonly #clock: Clock;

  constructor(parts: { db: Database; clock: Clock }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
  }

  record(tx: Transaction, issued: Omit<Issued, "certificatePem">, subject: Subject): void {
    const { serial, fingerprint, issuedAt, expiresAt, names } = issued;
    const renewsAt = subject.kind === "SESSION" ? expiresAt : renewalDue({ fromMs: issuedAt, untilMs: expiresAt });
    const certificate = create(CertificateSchema, {
      id: serial,
      kind: Certificate_Kind[subject.kind],
      subjectId: subject.id,
      subjectName: subject.name,
      names,
      issuedAt: timestampFromMs(issuedAt),
      expiresAt: timestampFromMs(expiresAt),
      renewsAt: timestampFromMs(renewsAt),
      issuer: subject.issuer ?? builtInIssuer,
    });
    if (tx.find(certificates, serial)) tx.delete(certificates, serial);
    tx.insert(certificates, create(CertificateRowSchema, { id: serial, certificate, fingerprint }));
  }

  find(serial: string): CertificateRow | undefined {
    return this.#db.find(certificates, serial);
  }

  /** Why a certificate opens nothing; undefined: it is good. */
  fault(serial: string): string | undefined {
    const certificate = this.find(serial)?.certificate;
    if (!certificate) return "it is not known here, or was replaced";
    if (certificate.revokedAt) return "it was revoked";
    return msOf(certificate.expiresAt) <= this.#clock.now() ? "it has expired" : undefined;
  }

  /** Of a node or a session, the newest first. */
  of(subjectId: string): CertificateRow[] {
    return this.#db.by(certificates, "subject", subjectId).toSorted(newestFirst);
  }

  *all(): Generator<CertificateRow> {
    yield* this.#db.all(certificates);
  }

  revoke(tx: Transaction, serial: string): void {
    tx.update(certificates, serial, ({ certificate }) => {
      if (certificate && !certificate.revokedAt) certificate.revokedAt = timestampFromMs(this.#clock.now());
    });
  }

  revokeAllOf(tx: Transaction, subjectId: string): void {
    for (const { id, certificate } of tx.by(certificates, "subject", subjectId)) {
      if (!certificate?.revokedAt) this.revoke(tx, id);
    }
  }

  /** Forgets what a renewal made superfluous: it opens nothing any more. */
  supersede(tx: Transaction, subjectId: string, keep: readonly string[]): void {
    for (const { id, certificate } of tx.by(certificates, "subject", subjectId)) {
      if (!keep.includes(id) && !certificate?.revokedAt) tx.delete(certificates, id);
    }
  }

  /** Of the control plane's own: the key of the one before ended with its process, or is not used any more. */
  forget(tx: Transaction, kind: "CONTROL_PLANE" | "WEB"): void {
    for (const { id, certificate } of this.all()) {
      if (certificate?.kind === Certificate_Kind[kind] && tx.find(certificates, id)) tx.delete(certificates, id);
    }
  }

  /** Called after each revocation, in the order of the commits. */
  onRevoked(listener: (certificate: Certificate) => void): Disposable {
    return this.#db.subscribe((changes) => {
      for (const { table, before, after } of changes) {
        if (table.kind !== certificates.kind) continue;
        const now = (after as CertificateRow | undefined)?.certificate;
        if (now?.revokedAt && !(before as CertificateRow | undefined)?.certificate?.revokedAt) listener(now);
      }
    });
  }

  /** Deletes what is past its end. */
  async sweep(): Promise<void> {
    const now = this.#clock.now();
    await deleteWhere(this.#db, certificates, (row) => msOf(row.certificate?.expiresAt) <= now);
  }
}

/** As callers see it. */
export function publicCertificate(row: CertificateRow): Certificate {
  const certificate = row.certificate ? clone(CertificateSchema, row.certificate) : create(CertificateSchema);
  certificate.id = row.id;
  certificate.revision = row.revision;
  return certificate;
}

export function msOf(time: Certificate["expiresAt"]): number {
  return time ? timestampMs(time) : 0;
}

function newestFirst(a: CertificateRow, b: CertificateRow): number {
  return msOf(b.certificate?.issuedAt) - msOf(a.certificate?.issuedAt);
}
