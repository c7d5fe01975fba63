import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Certificate_Kind, CertificateService, type Certificate } from "@limiquantix/api";
import { Download, ShieldCheck } from "lucide-react";
import { useMemo, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { usePages } from "../../api/use-pages.ts";
import { useQuery } from "../../api/use-query.ts";
import { useSearchValue } from "../../app/search.ts";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import type { Tone } from "../../ui/badge.tsx";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { download } from "../../ui/download.ts";
import { Checkbox } from "../../ui/field.tsx";
import { Filters, FilterSelect } from "../../ui/filters.tsx";
import { Older } from "../../ui/older.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { At } from "../../ui/time.tsx";

const s = strings.settings.certificates;
const pageSize = 500;
const soonMs = 7 * 86_400_000;

const kinds: Record<Certificate_Kind, { name: string; label: string }> = {
  [Certificate_Kind.UNKNOWN]: { name: "", label: s.kinds.unknown },
  [Certificate_Kind.NODE]: { name: "node", label: s.kinds.node },
  [Certificate_Kind.CONTROL_PLANE]: { name: "control-plane", label: s.kinds.controlPlane },
  [Certificate_Kind.WEB]: { name: "web", label: s.kinds.web },
  [Certificate_Kind.SESSION]: { name: "session", label: s.kinds.session },
};

export function CertificatesTab() {
  const client = useClient(CertificateService);
  const [kind, setKind] = useSearchValue("kind");
  const [revoked, setRevoked] = useSearchValue("revoked");
  const [sort, setSort] = useSearchValue("sort", "expires");
  const [revoking, setRevoking] = useState<Certificate>();
  const [manage] = useCan([{ privilege: "certificate.manage" }]);
  const wanted = Object.entries(kinds).find(([, { name }]) => name === kind)?.[0];
  const pages = usePages(`certificates ${kind} ${revoked}`, async (pageToken, signal) => {
    const filter = { kind: Number(kind ? wanted : 0) as Certificate_Kind, withRevoked: revoked !== "" };
    const answer = await client.listCertificates({ ...filter, pageSize, pageToken }, { signal });
    return { rows: answer.certificates, nextPageToken: answer.nextPageToken };
  });
  const blocked = blockedBy(manage);
  const columns = useMemo(() => columnsOf(blocked, setRevoking), [blocked]);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Authority />
      {pages.problem && !pages.rows ? (
        <QueryProblem problem={pages.problem} retry={pages.reload} />
      ) : (
        <>
          <Filters>
            <FilterSelect
              label={s.columns.kind}
              all={s.allKinds}
              value={kind}
              onChange={setKind}
              options={Object.values(kinds)
                .filter(({ name }) => name)
                .map(({ name, label }) => [name, label])}
            />
            <Checkbox
              label={s.withRevoked}
              checked={revoked !== ""}
              onChange={(event) => setRevoked(event.target.checked ? "yes" : "")}
            />
          </Filters>
          {pages.rows ? (
            <DataTable
              label={s.title}
              rows={pages.rows}
              columns={columns}
              sort={sort}
              onSort={setSort}
              empty={<Empty title={s.none} />}
            />
          ) : (
            <SkeletonRows />
          )}
          <Older pages={pages} />
        </>
      )}
      {revoking && (
        <AskFirst
          title={s.revokeTitle(revoking.subjectName || revoking.subjectId)}
          action={s.revoke}
          done={s.done}
          onClose={() => setRevoking(undefined)}
          work={async () => {
            await client.revokeCertificate({ id: revoking.id, idempotencyKey: newKey() });
            pages.reload();
          }}
        >
          {s.revokeText}
        </AskFirst>
      )}
    </div>
  );
}

function Authority() {
  const client = useClient(CertificateService);
  const { data } = useQuery("authority", (signal) => client.getAuthority({}, { signal }));
  if (!data) return null;
  return (
    <section className="flex flex-wrap items-center gap-x-6 gap-y-2 border-b border-line px-4 py-3">
      <ShieldCheck size={20} aria-hidden className="text-muted max-sm:hidden" />
      <div className="min-w-0 grow basis-80">
        <h2 className="font-semibold">{s.authority}</h2>
        <p className="text-muted">{s.authorityText}</p>
        <p className="mt-1">
          <span className="text-muted">{s.fingerprint}</span>{" "}
          <code className="text-[12px] break-all select-all">{data.fingerprint}</code>
        </p>
        <p>
          <span className="text-muted">{s.expires}</span> <At at={data.expiresAt} />
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <CopyButton text={data.fingerprint} label={`${strings.common.copy} ${s.fingerprint}`} />
        <Button
          icon={<Download size={14} />}
          onClick={() => download("limiquantix-ca.pem", [data.certificatePem], "application/x-pem-file")}
        >
          {s.download}
        </Button>
      </div>
    </section>
  );
}

function stateOf({ revokedAt, renewalError, expiresAt }: Certificate): { tone: Tone; label: string } {
  if (revokedAt) return { tone: "idle", label: s.revoked };
  const left = (expiresAt ? timestampMs(expiresAt) : 0) - Date.now();
  if (left <= 0) return { tone: "bad", label: s.expired };
  if (renewalError) return { tone: "bad", label: s.notRenewed };
  return left < soonMs ? { tone: "warn", label: s.soon } : { tone: "ok", label: s.good };
}

function columnsOf(blocked: string | undefined, revoke: (certificate: Certificate) => void): Column<Certificate>[] {
  const c = s.columns;
  return [
    {
      id: "subject",
      title: c.subject,
      width: "minmax(9rem,1fr)",
      key: ({ subjectName }) => subjectName,
      cell: ({ subjectName, subjectId, id }) => (
        <span className="font-medium" title={id}>
          {subjectName || subjectId || id}
        </span>
      ),
    },
    { id: "kind", title: c.kind, width: "9rem", key: ({ kind }) => kind, cell: ({ kind }) => kinds[kind].label },
    {
      id: "names",
      title: c.names,
      width: "minmax(9rem,1.5fr)",
      cell: ({ names }) => <span title={names.join(", ")}>{names.join(", ")}</span>,
    },
    {
      id: "expires",
      title: c.expires,
      width: "15rem",
      key: ({ expiresAt }) => (expiresAt ? timestampMs(expiresAt) : 0),
      cell: ({ expiresAt }) => <At at={expiresAt} />,
    },
    {
      id: "state",
      title: c.state,
      width: "minmax(9rem,1fr)",
      key: (certificate) => stateOf(certificate).label,
      cell: (certificate) => (
        <span title={certificate.renewalError}>
          <StateDot {...stateOf(certificate)} /> <span className="text-bad">{certificate.renewalError}</span>
        </span>
      ),
    },
    {
      id: "revoke",
      title: strings.common.actions,
      width: "7rem",
      cell: (certificate) =>
        certificate.kind === Certificate_Kind.NODE && !certificate.revokedAt ? (
          <Button look="ghost" blocked={blocked} onClick={() => revoke(certificate)}>
            {s.revoke}
          </Button>
        ) : null,
    },
  ];
}
