import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  AuthoritySchema,
  Certificate_Kind,
  CertificateSchema,
  ListCertificatesResponseSchema,
  RenewCertificateResponseSchema,
  type Certificate,
  type CertificateService,
  type ListCertificatesRequest,
  type RevokeCertificateRequest,
} from "@limiquantix/api";
import type { CertificateRow } from "@limiquantix/api/rows";
import type { Clock } from "@limiquantix/kit";
import { recordEvent } from "../events/event.ts";
import { certificates } from "../identity/tables.ts";
import type { Call } from "../rpc/call.ts";
import { callOf } from "../rpc/context.ts";
import { mutate } from "../rpc/mutate.ts";
import { pageOf } from "../rpc/page.ts";
import type { Database } from "../store/database.ts";
import { msOf, publicCertificate } from "./certificate-register.ts";
import type { NodeCredentials } from "./node-credentials.ts";

interface Parts {
  db: Database;
  clock: Clock;
  trust: NodeCredentials;
}

export function certificateService(parts: Parts) {
  const { trust } = parts;
  return {
    async getAuthority() {
      const { certificatePem, fingerprint, expiresAt } = await trust.authority();
      return create(AuthoritySchema, { certificatePem, fingerprint, expiresAt: timestampFromMs(expiresAt) });
    },
    listCertificates(request) {
      const found = [...trust.register.all()].filter(filterOf(request, parts.clock.now()));
      const { items, nextPageToken, totalCount } = pageOf(found, request);
      return create(ListCertificatesResponseSchema, {
        certificates: items.map(publicCertificate),
        nextPageToken,
        totalCount,
      });
    },
    revokeCertificate: (request, context) => revokeCertificate(parts, request, callOf(context)),
    async renewCertificate(request, context) {
      const { certificatePem, caCertificatePem } = await trust.renewNode(request, callOf(context));
      return create(RenewCertificateResponseSchema, { certificatePem, caCertificatePem });
    },
  } satisfies ServiceImpl<typeof CertificateService>;
}

/** Of a host all are revoked: one that was stolen must not get its next one with another that it has. */
function revokeCertificate({ db, clock, trust }: Parts, request: RevokeCertificateRequest, call: Call) {
  const mutation = { method: "CertificateService.RevokeCertificate", request, response: CertificateSchema };
  return mutate({ db, clock }, call, mutation, (tx): Certificate => {
    const serial = request.id.toLowerCase();
    const { certificate } = tx.get(certificates, serial);
    if (certificate && !certificate.revokedAt) {
      trust.register.revoke(tx, serial);
      const isNode = certificate.kind === Certificate_Kind.NODE;
      if (isNode) trust.revokeNodeCredential(tx, certificate.subjectId);
      const { subjectId, subjectName: name } = certificate;
      const whose = name ? ` of ${isNode ? "host " : ""}${name}` : "";
      const subject = isNode ? { kind: "node", id: subjectId, name } : { kind: "certificate", id: serial, name };
      const message = `the certificate${whose} was revoked`;
      recordEvent(tx, { clock, call, type: "certificate", severity: "WARNING", message, subject });
    }
    return publicCertificate(tx.get(certificates, serial));
  });
}

function filterOf(request: ListCertificatesRequest, now: number): (row: CertificateRow) => boolean {
  return ({ certificate }) => {
    if (!certificate || msOf(certificate.expiresAt) <= now) return false;
    return (
      (request.kind === Certificate_Kind.UNKNOWN || certificate.kind === request.kind) &&
      (request.subjectId === "" || certificate.subjectId === request.subjectId) &&
      (request.withRevoked || !certificate.revokedAt)
    );
  };
}
