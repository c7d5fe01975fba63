import { timestampMs } from "@bufbuild/protobuf/wkt";
import { CertificateService, type Certificate } from "@limiquantix/api";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { StateDot, type Tone } from "../../ui/badge.tsx";
import { Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";
import { Ago, At } from "../../ui/time.tsx";
import { PlainTable } from "../../ui/plain-table.tsx";

const s = strings.nodes.certificates;

/** What the host shows to prove who it is: the one in use, and those before it. */
export function NodeCertificates({ id }: { id: string }) {
  const client = useClient(CertificateService);
  const { data, problem, reload } = useQuery(`certificates ${id}`, (signal) =>
    client.listCertificates({ subjectId: id, withRevoked: true }, { signal }),
  );
  if (problem) return <QueryProblem problem={problem} retry={reload} />;
  if (!data) return <SkeletonRows rows={3} />;
  const rows = data.certificates.toSorted((a, b) => issued(b) - issued(a));
  return (
    <div className="p-4">
      <Panel>
        <PlainTable
          label={strings.nodes.tabs.certificates}
          heads={[s.state, s.serial, s.issued, s.renews, s.expires]}
          rows={rows.map((certificate, i) => [
            <StateDot key="state" {...stateOf(certificate, i === 0)} />,
            <code key="serial" className="font-mono text-[12px]">
              {certificate.id}
            </code>,
            <At key="issued" at={certificate.issuedAt} />,
            <At key="renews" at={certificate.renewsAt} />,
            <span key="expires">
              <At at={certificate.expiresAt} /> (<Ago at={certificate.expiresAt} />)
            </span>,
          ])}
          empty={s.none}
        />
        {rows[0]?.renewalError && <p className="mt-3 text-bad">{rows[0].renewalError}</p>}
      </Panel>
    </div>
  );
}

function stateOf({ revokedAt, expiresAt }: Certificate, newest: boolean): { tone: Tone; label: string } {
  if (revokedAt) return { tone: "bad", label: s.revoked };
  if (expiresAt && timestampMs(expiresAt) < Date.now()) return { tone: newest ? "bad" : "idle", label: s.expired };
  return newest ? { tone: "ok", label: s.valid } : { tone: "idle", label: s.old };
}

function issued({ issuedAt }: Certificate): number {
  return issuedAt ? timestampMs(issuedAt) : 0;
}
