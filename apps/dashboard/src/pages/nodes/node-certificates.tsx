import { timestampMs } from "@bufbuild/protobuf/wkt";
import { CertificateService, type Certificate } from "@limiquantix/api";
import { useClient } from "../../api/context.tsx";
import { useQuery } from "../../api/use-query.ts";
import { strings } from "../../strings/index.ts";
import { StateDot, type Tone } from "../../ui/badge.tsx";
import { Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";
import { At, Until } from "../../ui/time.tsx";
import { ListTable, type ListColumn } from "../../ui/list-table.tsx";

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
        <ListTable
          label={strings.nodes.tabs.certificates}
          rows={rows}
          rowKey={({ id: serial }) => serial}
          columns={columns(rows[0]?.id)}
          empty={s.none}
        />
        {rows[0]?.renewalError && <p className="mt-3 text-bad">{rows[0].renewalError}</p>}
      </Panel>
    </div>
  );
}

function columns(newest: string | undefined): ListColumn<Certificate>[] {
  return [
    { id: "state", title: s.state, cell: (it) => <StateDot {...stateOf(it, it.id === newest)} /> },
    { id: "serial", title: s.serial, cell: ({ id }) => <code className="font-mono text-[12px]">{id}</code> },
    { id: "issued", title: s.issued, cell: ({ issuedAt }) => <At at={issuedAt} /> },
    { id: "renews", title: s.renews, cell: ({ renewsAt }) => <At at={renewsAt} /> },
    {
      id: "expires",
      title: s.expires,
      cell: ({ expiresAt }) => (
        <>
          <At at={expiresAt} /> (<Until at={expiresAt} />)
        </>
      ),
    },
  ];
}

function stateOf({ revokedAt, expiresAt }: Certificate, newest: boolean): { tone: Tone; label: string } {
  if (revokedAt) return { tone: "bad", label: s.revoked };
  if (expiresAt && timestampMs(expiresAt) < Date.now()) return { tone: newest ? "bad" : "idle", label: s.expired };
  return newest ? { tone: "ok", label: s.valid } : { tone: "idle", label: s.old };
}

function issued({ issuedAt }: Certificate): number {
  return issuedAt ? timestampMs(issuedAt) : 0;
}
