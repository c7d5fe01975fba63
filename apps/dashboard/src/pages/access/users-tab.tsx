import { timestampMs } from "@bufbuild/protobuf/wkt";
import { User_Kind, UserService, type User } from "@limiquantix/api";
import { Plus, Users } from "lucide-react";
import { useCallback, useDeferredValue, useState } from "react";
import { useClient } from "../../api/context.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { usePages } from "../../api/use-pages.ts";
import { useSearchValue } from "../../app/search.ts";
import { strings } from "../../strings/index.ts";
import { Badge, StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Filters, FilterText } from "../../ui/filters.tsx";
import { Older } from "../../ui/older.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SecretDialog } from "../../ui/secret-dialog.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { CreateUser } from "./user-forms.tsx";
import { UserPanel } from "./user-panel.tsx";

const s = strings.access.users;
const pageSize = 500;

export function UsersTab() {
  const client = useClient(UserService);
  const [text, setText] = useSearchValue("q");
  const [sort, setSort] = useSearchValue("sort", "name");
  const [chosen, setChosen] = useSearchValue("user");
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<{ name: string; password: string }>();
  const search = useDeferredValue(text);
  const [manage] = useCan([{ privilege: "user.manage" }]);
  const pages = usePages(`users ${search}`, async (pageToken, signal) => {
    const answer = await client.listUsers({ search, pageSize, pageToken }, { signal });
    return { rows: answer.users, nextPageToken: answer.nextPageToken };
  });
  const close = useCallback(() => setChosen(""), [setChosen]);
  const user = pages.rows?.find(({ id }) => id === chosen);
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
              label={strings.access.tabs.users}
              rows={pages.rows}
              columns={columns}
              sort={sort}
              onSort={setSort}
              onOpen={({ id }) => setChosen(id)}
              empty={<Empty icon={<Users size={32} />} title={s.none} />}
            />
          ) : (
            <SkeletonRows />
          )}
          <Older pages={pages} />
        </div>
        {user && <UserPanel key={user.id} user={user} manage={manage} onClose={close} onChanged={pages.reload} />}
      </div>
      {creating && (
        <CreateUser
          onClose={() => setCreating(false)}
          onMade={(name, password) => {
            pages.reload();
            if (password) setMade({ name, password });
          }}
        />
      )}
      {made && (
        <SecretDialog title={s.passwordOf(made.name)} secret={made.password} onClose={() => setMade(undefined)}>
          <p className="text-muted">{s.passwordText}</p>
        </SecretDialog>
      )}
    </div>
  );
}

export function userState(user: User): { label: string; tone: "ok" | "warn" | "idle" } {
  if (user.disabled) return { label: s.disabled, tone: "idle" };
  if (user.lockedUntil && timestampMs(user.lockedUntil) > Date.now()) return { label: s.locked, tone: "warn" };
  if (user.mustChangePassword) return { label: s.mustChange, tone: "warn" };
  return { label: s.active, tone: "ok" };
}

const c = s.columns;
const columns: Column<User>[] = [
  {
    id: "name",
    title: c.name,
    width: "minmax(12rem,1.5fr)",
    key: ({ name }) => name,
    cell: ({ name, administrator, kind }) => (
      <span className="flex items-center gap-2">
        <span className="truncate font-medium">{name}</span>
        {administrator && <Badge tone="info">{s.administrator}</Badge>}
        {kind === User_Kind.SERVICE && <Badge>{s.service}</Badge>}
      </span>
    ),
  },
  {
    id: "full",
    title: c.fullName,
    width: "minmax(8rem,1fr)",
    key: ({ fullName }) => fullName,
    cell: ({ fullName, email }) => fullName || email,
  },
  {
    id: "state",
    title: c.state,
    width: "minmax(13rem,0.8fr)",
    key: (user) => userState(user).label,
    cell: (user) => <StateDot {...userState(user)} />,
  },
  {
    id: "factor",
    title: c.factor,
    width: "7rem",
    key: ({ secondFactor }) => Number(secondFactor),
    cell: ({ secondFactor }) => (secondFactor ? strings.common.yes : strings.common.no),
  },
  {
    id: "seen",
    title: c.seen,
    width: "8rem",
    key: ({ lastLoginAt }) => (lastLoginAt ? timestampMs(lastLoginAt) : 0),
    cell: ({ lastLoginAt }) =>
      lastLoginAt ? <Ago at={lastLoginAt} /> : <span className="text-muted">{strings.common.never}</span>,
  },
];
