import { Certificate_Kind, CertificateSchema, type Certificate } from "@limiquantix/api";
import type { ListView } from "../../output/print.ts";
import { moment } from "../../output/times.ts";

export function certificateListView(): ListView<typeof CertificateSchema> {
  return {
    schema: CertificateSchema,
    empty: "no certificates",
    columns: [
      { header: "KIND", value: kindOf },
      { header: "FOR", value: (it) => it.subjectName || it.subjectId },
      { header: "GOOD UNTIL", value: (it) => moment(it.expiresAt) },
      { header: "RENEWS", value: renewalOf },
      { header: "PROBLEM", value: problemOf },
      { header: "ISSUER", value: (it) => it.issuer, wide: true },
      { header: "NAMES", value: (it) => it.names.join(","), wide: true },
      { header: "ID", value: (it) => it.id },
    ],
  };
}

/** A session's certificate lasts as long as it does, and a new login makes a new one. */
function renewalOf(certificate: Certificate): string {
  return certificate.kind === Certificate_Kind.SESSION ? "" : moment(certificate.renewsAt);
}

export function kindOf({ kind }: Certificate): string {
  return (Certificate_Kind[kind] ?? "").toLowerCase().replaceAll("_", "-");
}

function problemOf({ revokedAt, renewalError }: Certificate): string {
  return revokedAt ? `revoked ${moment(revokedAt)}` : renewalError;
}
