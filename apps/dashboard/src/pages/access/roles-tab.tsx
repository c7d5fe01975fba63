import { RoleService, type Role } from "@limiquantix/api";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useClient } from "../../api/context.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { useSearchValue } from "../../app/search.ts";
import { strings } from "../../strings/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Filters } from "../../ui/filters.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";
import { RoleDialog } from "./role-dialog.tsx";
import { RolePanel } from "./role-panel.tsx";

const s = strings.access.roles;

export function RolesTab() {
  const client = useClient(RoleService);
  const [sort, setSort] = useSearchValue("sort", "name");
  const [chosen, setChosen] = useSearchValue("role");
  const [creating, setCreating] = useState(false);
  const [manage] = useCan([{ privilege: "role.manage" }]);
  const { data, problem, reload } = useQuery("roles", (signal) => client.listRoles({}, { signal }));
  const role = data?.roles.find(({ id }) => id === chosen);
  if (!data) return problem ? <QueryProblem problem={problem} retry={reload} /> : <SkeletonRows />;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Filters>
        <div className="grow" />
        <Button look="primary" icon={<Plus size={15} />} blocked={blockedBy(manage)} onClick={() => setCreating(true)}>
          {s.create}
        </Button>
      </Filters>
      <div className="flex min-h-0 grow">
        <DataTable
          label={strings.access.tabs.roles}
          rows={data.roles}
          columns={columns}
          sort={sort}
          onSort={setSort}
          onOpen={({ id }) => setChosen(id)}
          empty={null}
        />
        {role && (
          <RolePanel key={role.id} role={role} manage={manage} onClose={() => setChosen("")} onChanged={reload} />
        )}
      </div>
      {creating && <RoleDialog onClose={() => setCreating(false)} onDone={reload} />}
    </div>
  );
}

const columns: Column<Role>[] = [
  {
    id: "name",
    title: s.columns.name,
    width: "minmax(10rem,1fr)",
    key: ({ name }) => name,
    cell: ({ name, builtIn }) => (
      <span className="flex items-center gap-2">
        <span className="font-medium">{name}</span>
        {builtIn && <Badge>{s.builtIn}</Badge>}
      </span>
    ),
  },
  {
    id: "description",
    title: s.columns.description,
    width: "minmax(12rem,2fr)",
    cell: ({ description }) => <span className="text-muted">{description}</span>,
  },
  {
    id: "privileges",
    title: s.columns.privileges,
    width: "minmax(12rem,2fr)",
    cell: ({ privileges }) => <code className="text-[12px] text-muted">{privileges.join(" ")}</code>,
  },
];
