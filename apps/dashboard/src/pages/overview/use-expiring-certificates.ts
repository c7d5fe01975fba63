import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Certificate_Kind, CertificateService, type Certificate } from "@limiquantix/api";
import { useMemo } from "react";
import { useClient } from "../../api/context.tsx";
import { useCan } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";

const none: readonly Certificate[] = [];

/** The control plane's own certificates that could not be renewed, or should have been; hosts' are in their conditions. */
export function useExpiringCertificates(nowMs: number): readonly Certificate[] {
  const client = useClient(CertificateService);
  const [view] = useCan([{ privilege: "certificate.view" }]);
  const may = view?.allowed ?? false;
  const { data } = useQuery(`own certificates ${may}`, async (signal) => {
    if (!may) return none;
    const kinds = [Certificate_Kind.WEB, Certificate_Kind.CONTROL_PLANE];
    const answers = await Promise.all(kinds.map((kind) => client.listCertificates({ kind }, { signal })));
    return answers.flatMap(({ certificates }) => newest(certificates));
  });
  return useMemo(() => (data ?? none).filter((certificate) => isLate(certificate, nowMs)), [data, nowMs]);
}

function newest(certificates: readonly Certificate[]): Certificate[] {
  return certificates.toSorted((a, b) => ms(b.issuedAt) - ms(a.issuedAt)).slice(0, 1);
}

/** Half of the time between the renewal that was due and the end is over. Pure. */
function isLate({ renewalError, renewsAt, expiresAt }: Certificate, nowMs: number): boolean {
  if (renewalError) return true;
  return renewsAt !== undefined && expiresAt !== undefined && nowMs > (ms(renewsAt) + ms(expiresAt)) / 2;
}

function ms(at: Certificate["issuedAt"]): number {
  return at ? timestampMs(at) : 0;
}
