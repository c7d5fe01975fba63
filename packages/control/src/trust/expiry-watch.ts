import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Certificate_Kind, type Certificate } from "@limiquantix/api";
import type { CertificateRow } from "@limiquantix/api/rows";
import type { Clock, Log } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import { certificates } from "../identity/tables.ts";
import { hasConditions, setConditions } from "../nodes/node.ts";
import type { Database, Transaction } from "../store/database.ts";
import { nodes } from "../tables.ts";
import { msOf, type CertificateRegister } from "./certificate-register.ts";

const sweepMs = 60_000;

type Alarm = "WARNING" | "ERROR";

/**
 * Tells people of certificates that were not renewed in time: with a warning from half of the time between the
 * renewal that was due and the end, with an error in the last tenth of the life.
 */
export class ExpiryWatch implements Disposable {
  readonly #parts: { db: Database; clock: Clock; log: Log; register: CertificateRegister };
  /** What was told of which certificate, by serial number. */
  readonly #told = new Map<string, Alarm>();
  #timer: Disposable | undefined;

  constructor(parts: { db: Database; clock: Clock; log: Log; register: CertificateRegister }) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, log } = this.#parts;
    const next = () => {
      this.look().catch((cause: unknown) => log.warn("look for certificates that expire", { err: cause }));
      this.start();
    };
    this.#timer = clock.after(sweepMs, next, { background: true });
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  /** A renewal did not succeed; what is there goes on being used. */
  async renewalFailed(kind: "CONTROL_PLANE" | "WEB", message: string): Promise<void> {
    const row = this.#newest().find(({ certificate }) => certificate?.kind === Certificate_Kind[kind]);
    if (!row || row.certificate?.renewalError === message) return;
    await this.#parts.db.transact((tx) => noteError(tx, row.id, message));
  }

  /** Looks once; `start` does so every minute. */
  async look(): Promise<void> {
    const { db } = this.#parts;
    const newest = this.#newest();
    for (const serial of this.#told.keys()) if (!newest.some(({ id }) => id === serial)) this.#told.delete(serial);
    for (const row of newest) {
      const { certificate } = row;
      if (!certificate) continue;
      const alarm = this.#alarmOf(certificate);
      const isNode = certificate.kind === Certificate_Kind.NODE;
      if (alarm && this.#told.get(row.id) !== alarm) {
        await db.transact((tx) => this.#tell(tx, row.id, certificate, alarm));
        this.#told.set(row.id, alarm);
      } else if (isNode) await this.#setCondition(certificate, alarm);
    }
  }

  #tell(tx: Transaction, serial: string, certificate: Certificate, severity: Alarm): void {
    const { clock } = this.#parts;
    const isNode = certificate.kind === Certificate_Kind.NODE;
    const at = new Date(msOf(certificate.expiresAt)).toISOString();
    const whose = isNode ? `host ${certificate.subjectName}` : "the control plane";
    const why =
      certificate.renewalError || (isNode ? "its daemon did not ask for the next one" : "it was not renewed in time");
    const message = `the certificate of ${whose} expires at ${at}: ${why}`;
    if (tx.find(certificates, serial) && !certificate.renewalError) noteError(tx, serial, why);
    const subject = isNode
      ? { kind: "node", id: certificate.subjectId, name: certificate.subjectName }
      : { kind: "certificate", id: serial, name: certificate.names[0] ?? "" };
    const nodeId = isNode ? certificate.subjectId : "";
    recordEvent(tx, { clock, type: "certificate", severity, message, subject, nodeId });
    if (isNode) writeCondition(tx, clock, certificate.subjectId, message);
  }

  async #setCondition(certificate: Certificate, alarm: Alarm | undefined): Promise<void> {
    const { db, clock } = this.#parts;
    const node = db.find(nodes, certificate.subjectId);
    const set = node?.status?.conditions.some(({ type, status }) => type === "CertificateExpiring" && status);
    if (alarm || !set) return;
    await db.transact((tx) => writeCondition(tx, clock, certificate.subjectId, undefined));
  }

  /** The newest of each subject and kind that is to be renewed. */
  #newest(): CertificateRow[] {
    const found = new Map<string, CertificateRow>();
    for (const row of this.#parts.register.all()) {
      const { certificate } = row;
      if (!certificate || certificate.revokedAt || certificate.kind === Certificate_Kind.SESSION) continue;
      const key = `${certificate.kind}/${certificate.subjectId}`;
      const other = found.get(key)?.certificate;
      if (!other || msOf(other.issuedAt) < msOf(certificate.issuedAt)) found.set(key, row);
    }
    return [...found.values()];
  }

  #alarmOf({ issuedAt, renewsAt, expiresAt }: Certificate): Alarm | undefined {
    const now = this.#parts.clock.now();
    const [from, due, end] = [msOf(issuedAt), msOf(renewsAt), msOf(expiresAt)];
    if (now > end - (end - from) / 10) return "ERROR";
    return now > due + (end - due) / 2 ? "WARNING" : undefined;
  }
}

function noteError(tx: Transaction, serial: string, message: string): void {
  if (!tx.find(certificates, serial)) return;
  tx.update(certificates, serial, ({ certificate }) => {
    if (certificate) certificate.renewalError = message;
  });
}

function writeCondition(tx: Transaction, clock: Clock, nodeId: string, message: string | undefined): void {
  const node = tx.find(nodes, nodeId);
  const change = message ? { status: true, reason: "RenewalLate", message } : { status: false };
  if (!node || hasConditions(node, { CertificateExpiring: change })) return;
  tx.update(nodes, nodeId, (copy) => {
    setConditions(copy, clock.now(), { CertificateExpiring: change });
    copy.updatedAt = timestampFromMs(clock.now());
  });
}
