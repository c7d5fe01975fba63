import { problem, Reason, type Certificate } from "@limiquantix/api";
import { allPages, pageSize } from "../../rpc/pages.ts";
import type { Session } from "../../rpc/session.ts";
import { UsageError } from "../../usage-error.ts";

export function readCertificates(session: Session, withRevoked: boolean): Promise<Certificate[]> {
  return allPages(async (pageToken) => {
    const page = await session.certificates.listCertificates({ withRevoked, pageSize, pageToken });
    return { items: page.certificates, nextPageToken: page.nextPageToken };
  });
}

/** By its serial number, or by whose it is where that one has no other. */
export async function getCertificate(session: Session, ref: string): Promise<Certificate> {
  const all = await readCertificates(session, false);
  const [found, second] = all.filter((one) => one.id === ref || one.subjectName === ref || one.subjectId === ref);
  if (!found) throw problem(Reason.NOT_FOUND, { kind: "certificate", id: ref });
  if (second) throw new UsageError(`${ref} has more than one certificate`, "Give the id: see `lqx certificate ls`.");
  return found;
}
