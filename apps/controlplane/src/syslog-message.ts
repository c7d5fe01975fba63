import { timestampDate } from "@bufbuild/protobuf/wkt";
import { AuditRecord_Outcome, type AuditRecord } from "@limiquantix/api";
import { exportLine } from "@limiquantix/control";

/** "log audit" (RFC 5424, table 1). */
const facility = 13;
const severity: Readonly<Record<AuditRecord_Outcome, number>> = {
  [AuditRecord_Outcome.UNKNOWN]: 5,
  [AuditRecord_Outcome.SUCCEEDED]: 6,
  [AuditRecord_Outcome.DENIED]: 4,
  [AuditRecord_Outcome.FAILED]: 5,
};

/** The enterprise number that RFC 5612 gives to documentation: limiquantix has none of its own. */
const structuredDataId = "limiquantix@32473";

/** An audit record as one syslog message (RFC 5424). Beyond `maxBytes` it goes without its changes; the hash stays. */
export function syslogMessage(record: AuditRecord, options: { hostname: string; maxBytes: number }): Buffer {
  const message = Buffer.from(compose(record, options.hostname));
  if (message.length <= options.maxBytes) return message;
  return Buffer.from(compose({ ...record, changes: [], changesCut: true }, options.hostname));
}

function compose(record: AuditRecord, hostname: string): string {
  const at = record.at ? timestampDate(record.at).toISOString() : "-";
  const header = `<${facility * 8 + severity[record.outcome]}>1 ${at} ${ascii(hostname, 255)} limiquantix-controlplane -`;
  const { id, hash, actorName, outcome } = record;
  const told = { id, hash, actor: actorName, outcome: AuditRecord_Outcome[outcome] };
  const params = Object.entries(told).map(([name, value]) => `${name}="${value.replace(/["\\\]]/g, "\\$&")}"`);
  return `${header} ${ascii(record.method, 32)} [${structuredDataId} ${params.join(" ")}] \uFEFF${exportLine(record)}`;
}

/** PRINTUSASCII; a dash for nothing. */
function ascii(text: string, maxLength: number): string {
  return text.replace(/[^\x21-\x7e]/g, "_").slice(0, maxLength) || "-";
}
