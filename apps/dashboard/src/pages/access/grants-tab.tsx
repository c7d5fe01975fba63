import { GrantService, type Grant } from "@limiquantix/api";
import { KeyRound, Plus, Trash2 } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { usePages } from "../../api/use-pages.ts";
import { useSearchValue } from "../../app/search.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Filters, FilterText } from "../../ui/filters.tsx";
import { Older } from "../../ui/older.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { GrantDialog } from "../grants/grant-dialog.tsx";
import { GrantObject } from "../grants/grant-object.tsx";
import { Holder, TakeGrant } from "../grants/grants-panel.tsx";

const s = strings.access.grants;
const pageSize = 1000;

/** As many as the server checks in one call: of the rest it is told when one tries. */
const mostChecked = 500;

/** Every grant that one may see. Whether one may take it differs by object; whether one may give is told by the form. */
export function GrantsTab() {
  const client = useClient(GrantService);
  const [text, setText] = useSearchValue("q");
  const [sort, setSort] = useSearchValue("sort", "holder");
  const [dialog, setDialog] = useState<"give" | { take: Grant }>();
  const search = useDeferredValue(text);
  const pages = usePages("grants", async (pageToken, signal) => {
    const answer = await client.listGrants({ pageSize, pageToken }, { signal });
    return { rows: answer.grants, nextPageToken: answer.nextPageToken };
  });
  const checks = useMemo(() => checksOf(pages.rows ?? []), [pages.rows]);
  const permissions = useCan(checks);
  const columns = useMemo(() => {
    const blocked = new Map(checks.map(({ object }, i) => [object.kind + object.id, blockedBy(permissions[i])]));
    return columnsOf(
      (grant) => setDialog({ take: grant }),
      ({ object }) => object && blocked.get(object.kind + object.id),
    );
  }, [checks, permissions]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return (pages.rows ?? []).filter(({ holderName, roleName, object }) => {
      const text = `${holderName} ${roleName} ${object?.kind} ${object?.name} ${object?.id}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [pages.rows, search]);
  if (pages.problem && !pages.rows) return <QueryProblem problem={pages.problem} retry={pages.reload} />;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
        <div className="grow" />
        <Button look="primary" icon={<Plus size={15} />} onClick={() => setDialog("give")}>
          {s.give}
        </Button>
      </Filters>
      {pages.rows ? (
        <DataTable
          label={strings.access.tabs.grants}
          rows={shown}
          columns={columns}
          sort={sort}
          onSort={setSort}
          empty={<Empty icon={<KeyRound size={32} />} title={search ? strings.common.noMatch : s.none} />}
        />
      ) : (
        <SkeletonRows />
      )}
      <Older pages={pages} />
      {dialog === "give" && <GrantDialog onClose={() => setDialog(undefined)} onDone={pages.reload} />}
      {typeof dialog === "object" && (
        <TakeGrant grant={dialog.take} onClose={() => setDialog(undefined)} onDone={pages.reload} />
      )}
    </div>
  );
}

function checksOf(grants: readonly Grant[]) {
  const objects = new Map(grants.flatMap(({ object }) => (object ? [[object.kind + object.id, object]] : [])));
  return [...objects.values()]
    .slice(0, mostChecked)
    .map(({ kind, id }) => ({ privilege: "grant.manage" as const, object: { kind, id } }));
}

function columnsOf(take: (grant: Grant) => void, blocked: (grant: Grant) => string | undefined): Column<Grant>[] {
  const c = s.columns;
  return [
    {
      id: "holder",
      title: c.holder,
      width: "minmax(10rem,1.2fr)",
      key: ({ holderName }) => holderName,
      cell: (grant) => <Holder grant={grant} />,
    },
    {
      id: "role",
      title: c.role,
      width: "minmax(8rem,1fr)",
      key: ({ roleName }) => roleName,
      cell: ({ roleName }) => <span className="font-medium">{roleName}</span>,
    },
    {
      id: "object",
      title: c.object,
      width: "minmax(10rem,1.5fr)",
      key: ({ object }) => `${object?.kind} ${object?.name}`,
      cell: ({ object }) => <GrantObject object={object} />,
    },
    {
      id: "scope",
      title: c.scope,
      width: "9rem",
      cell: ({ thisObjectOnly }) => (
        <span className="text-muted">{thisObjectOnly ? strings.grants.only : strings.grants.below}</span>
      ),
    },
    {
      id: "since",
      title: c.since,
      width: "7rem",
      key: ({ id }) => id,
      cell: ({ createdAt }) => <Ago at={createdAt} />,
    },
    { id: "by", title: c.by, width: "7rem", key: ({ createdBy }) => createdBy, cell: ({ createdBy }) => createdBy },
    {
      id: "take",
      title: strings.common.actions,
      width: "5.5rem",
      cell: (grant) => (
        <Button
          look="ghost"
          aria-label={strings.grants.removeTitle(grant.holderName, grant.roleName)}
          icon={<Trash2 size={14} />}
          blocked={blocked(grant)}
          onClick={() => take(grant)}
        />
      ),
    },
  ];
}
