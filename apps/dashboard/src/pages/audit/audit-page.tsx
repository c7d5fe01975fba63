import { AuditService, type AuditRecord } from "@limiquantix/api";
import { useNavigate } from "@tanstack/react-router";
import { Download, ScrollText, ShieldCheck } from "lucide-react";
import { useCallback, useDeferredValue, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { usePages } from "../../api/use-pages.ts";
import { useSearchValue } from "../../app/search.ts";
import { strings } from "../../strings/index.ts";
import { Badge, StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Older } from "../../ui/older.tsx";
import { Page } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { At } from "../../ui/time.tsx";
import { AuditFilters, auditOutcomes, auditQuery, useAuditFilter } from "./audit-filters.tsx";
import { AuditPanel } from "./audit-panel.tsx";
import { useAuditExport } from "./use-audit-export.ts";
import { VerifyDialog } from "./verify-dialog.tsx";

const s = strings.audit;
const pageSize = 200;
const unfiltered = JSON.stringify(auditQuery({} as never));

/** The audit log: every filter is part of the address. */
export function AuditPage() {
  const client = useClient(AuditService);
  const navigate = useNavigate();
  const filter = useAuditFilter();
  const [sort, setSort] = useSearchValue("sort", "-at");
  const [chosen, setChosen] = useSearchValue("record");
  const [verifying, setVerifying] = useState(false);
  const exporting = useAuditExport(filter.since, filter.until);
  const query = auditQuery(filter);
  const key = useDeferredValue(
    JSON.stringify(query, (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value)),
  );
  const pages = usePages(key, async (pageToken, signal) => {
    const answer = await client.listAudit({ ...query, pageSize, pageToken }, { signal });
    return { rows: answer.records, nextPageToken: answer.nextPageToken };
  });
  const [view] = useCan([{ privilege: "audit.view" }]);
  const close = useCallback(() => setChosen(""), [setChosen]);
  const opened = pages.rows?.find(({ id }) => id === chosen);
  const only = (name: "actor" | "object", id: string) => {
    filter.set[name](id);
  };

  return (
    <Page
      title={s.title}
      subtitle={pages.rows && !pages.problem ? s.count(pages.rows.length) : s.subtitle}
      actions={
        <>
          <Button icon={<ShieldCheck size={14} />} blocked={blockedBy(view)} onClick={() => setVerifying(true)}>
            {s.verify}
          </Button>
          <Button
            icon={<Download size={14} />}
            busy={exporting.busy}
            blocked={blockedBy(view)}
            onClick={exporting.start}
          >
            {exporting.busy ? s.exporting(exporting.lines) : s.export}
          </Button>
        </>
      }
    >
      <AuditFilters filter={filter} />
      <div className="flex min-h-0 grow">
        <div className="flex min-w-0 grow flex-col">
          {pages.problem ? (
            <QueryProblem problem={pages.problem} retry={pages.reload} />
          ) : pages.rows ? (
            <DataTable
              label={s.title}
              rows={pages.rows}
              columns={columns}
              sort={sort}
              onSort={setSort}
              onOpen={({ id }) => setChosen(id)}
              empty={
                key === unfiltered ? (
                  <Empty icon={<ScrollText size={32} />} title={s.none}>
                    {s.noneText}
                  </Empty>
                ) : (
                  <Empty
                    title={strings.common.noMatch}
                    action={
                      <Button onClick={() => void navigate({ to: ".", search: {} } as never)}>
                        {strings.common.clearFilter}
                      </Button>
                    }
                  />
                )
              }
            />
          ) : (
            <SkeletonRows />
          )}
          <Older pages={pages} back={pages.rows?.at(-1)?.at} />
        </div>
        {opened && <AuditPanel record={opened} onClose={close} onOnly={only} />}
      </div>
      {verifying && <VerifyDialog onClose={() => setVerifying(false)} />}
    </Page>
  );
}

const c = s.columns;
const columns: Column<AuditRecord>[] = [
  { id: "at", title: c.at, width: "15rem", key: ({ id }) => id, cell: ({ at }) => <At at={at} /> },
  {
    id: "who",
    title: c.who,
    width: "minmax(8rem,1fr)",
    key: ({ actorName }) => actorName,
    cell: ({ actorName, actorKind }) => actorName || s.actorKinds[actorKind] || actorKind,
  },
  {
    id: "method",
    title: c.method,
    width: "minmax(13rem,1.5fr)",
    key: ({ method }) => method,
    cell: ({ method, dryRun }) => (
      <span className="flex items-center gap-2">
        <code className="truncate text-[12px]">{method}</code>
        {dryRun && <Badge>{s.dryRun}</Badge>}
      </span>
    ),
  },
  {
    id: "object",
    title: c.object,
    width: "minmax(9rem,1fr)",
    key: ({ object }) => object?.name ?? "",
    cell: ({ object }) => <ObjectLink object={object} withKind />,
  },
  {
    id: "outcome",
    title: c.outcome,
    width: "7rem",
    key: ({ outcome }) => outcome,
    cell: ({ outcome }) => <StateDot {...auditOutcomes[outcome]} />,
  },
  {
    id: "address",
    title: c.address,
    width: "9rem",
    key: ({ address }) => address,
    cell: ({ address }) => <span className="text-muted">{address}</span>,
  },
];
