import type { Project } from "@limiquantix/api";
import { Link, useNavigate } from "@tanstack/react-router";
import { FolderKanban, Plus } from "lucide-react";
import { useCallback, useDeferredValue, useMemo, useState } from "react";
import { useConnection } from "../../api/context.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Filters, FilterText } from "../../ui/filters.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { limits } from "./limits.ts";
import { ProjectDialog } from "./project-dialog.tsx";
import { UsageBar } from "./usage-bar.tsx";

const s = strings.projects;

export function ProjectsPage() {
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const navigate = useNavigate();
  const all = useRows(inventory.project);
  const [text, setText] = useSearchValue("q");
  const [sort, setSort] = useSearchValue("sort", "name");
  const [creating, setCreating] = useState(false);
  const search = useDeferredValue(text);
  const [may] = useCan([{ privilege: "project.create" }]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    return all.filter(({ name, description, labels }) => {
      const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      const text = [name, description, ...pairs].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }, [all, search]);
  const open = useCallback(({ id }: Project) => void navigate({ to: `/projects/${id}` } as never), [navigate]);
  const create = (
    <Button look="primary" icon={<Plus size={15} />} blocked={blockedBy(may)} onClick={() => setCreating(true)}>
      {s.create}
    </Button>
  );
  return (
    <Page title={s.title} subtitle={s.count(shown.length, all.length)} actions={create}>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
      </Filters>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <DataTable
          label={s.title}
          rows={shown}
          columns={columns}
          sort={sort}
          onSort={setSort}
          onOpen={open}
          empty={
            all.length === 0 ? (
              <EmptyList
                view="project.view"
                icon={<FolderKanban size={32} />}
                title={s.none}
                text={s.noneText}
                action={create}
              />
            ) : (
              <Empty
                title={strings.common.noMatch}
                action={<Button onClick={() => setText("")}>{strings.common.clearFilter}</Button>}
              />
            )
          }
        />
      )}
      {creating && <ProjectDialog onClose={() => setCreating(false)} />}
    </Page>
  );
}

const columns: Column<Project>[] = [
  {
    id: "name",
    title: s.columns.name,
    width: "minmax(10rem,1.5fr)",
    key: ({ name }) => name,
    cell: ({ id, name }) => (
      <Link to={`/projects/${id}` as never} className="font-medium hover:underline">
        {name}
      </Link>
    ),
  },
  {
    id: "description",
    title: s.columns.description,
    width: "minmax(8rem,2fr)",
    cell: ({ description }) => <span className="text-muted">{description}</span>,
  },
  ...limits.slice(0, 4).map((limit): Column<Project> => ({
    id: limit.id,
    title: limit.label,
    width: "minmax(8.5rem,1fr)",
    key: limit.used,
    cell: (project) => <UsageBar project={project} limit={limit} />,
  })),
];
