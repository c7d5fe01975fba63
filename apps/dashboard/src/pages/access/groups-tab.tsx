import { GroupService, type Group } from "@limiquantix/api";
import { Plus, Users } from "lucide-react";
import { useCallback, useDeferredValue, useState } from "react";
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
import { GroupDialog } from "./group-dialog.tsx";
import { GroupPanel } from "./group-panel.tsx";

const s = strings.access.groups;
const pageSize = 500;

export function GroupsTab() {
  const client = useClient(GroupService);
  const [text, setText] = useSearchValue("q");
  const [sort, setSort] = useSearchValue("sort", "name");
  const [chosen, setChosen] = useSearchValue("group");
  const [creating, setCreating] = useState(false);
  const search = useDeferredValue(text);
  const [manage] = useCan([{ privilege: "group.manage" }]);
  const pages = usePages(`groups ${search}`, async (pageToken, signal) => {
    const answer = await client.listGroups({ search, pageSize, pageToken }, { signal });
    return { rows: answer.groups, nextPageToken: answer.nextPageToken };
  });
  const close = useCallback(() => setChosen(""), [setChosen]);
  const group = pages.rows?.find(({ id }) => id === chosen);
  if (pages.problem && !pages.rows) return <QueryProblem problem={pages.problem} retry={pages.reload} />;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
        <div className="grow" />
        <Button look="primary" icon={<Plus size={15} />} blocked={blockedBy(manage)} onClick={() => setCreating(true)}>
          {s.create}
        </Button>
      </Filters>
      <div className="flex min-h-0 grow">
        <div className="flex min-w-0 grow flex-col">
          {pages.rows ? (
            <DataTable
              label={strings.access.tabs.groups}
              rows={pages.rows}
              columns={columns}
              sort={sort}
              onSort={setSort}
              onOpen={({ id }) => setChosen(id)}
              empty={
                <Empty icon={<Users size={32} />} title={search ? strings.common.noMatch : s.none}>
                  {s.noneText}
                </Empty>
              }
            />
          ) : (
            <SkeletonRows />
          )}
          <Older pages={pages} />
        </div>
        {group && <GroupPanel key={group.id} group={group} manage={manage} onClose={close} onChanged={pages.reload} />}
      </div>
      {creating && <GroupDialog onClose={() => setCreating(false)} onDone={pages.reload} />}
    </div>
  );
}

function memberCount({ memberIds, providedMemberIds }: Group): number {
  return new Set([...memberIds, ...providedMemberIds]).size;
}

const columns: Column<Group>[] = [
  {
    id: "name",
    title: s.columns.name,
    width: "minmax(10rem,1fr)",
    key: ({ name }) => name,
    cell: ({ name }) => <span className="font-medium">{name}</span>,
  },
  {
    id: "description",
    title: s.columns.description,
    width: "minmax(10rem,2fr)",
    cell: ({ description }) => <span className="text-muted">{description}</span>,
  },
  { id: "members", title: s.columns.members, width: "7rem", align: "right", key: memberCount, cell: memberCount },
];
