import { ProjectService, type Project } from "@limiquantix/api";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { FolderKanban, Gauge, Monitor, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { defaultProject } from "../../api/default-project.ts";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useTab } from "../../app/search.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { At } from "../../ui/time.tsx";
import { GrantsPanel } from "../grants/grants-panel.tsx";
import { FoldersPanel } from "./folders-panel.tsx";
import { limits } from "./limits.ts";
import { ProjectDialog } from "./project-dialog.tsx";
import { QuotaDialog } from "./quota-dialog.tsx";
import { UsageBar } from "./usage-bar.tsx";

const s = strings.projects;

export function ProjectPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const project = useRow(inventory.project, id);
  if (project) return <KnownProject project={project} />;
  return (
    <Page title={link === "connecting" ? s.title : s.gone}>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <Empty
          icon={<FolderKanban size={32} />}
          title={s.gone}
          action={
            <Link to={"/projects" as never} className="text-accent hover:underline">
              {s.toAll}
            </Link>
          }
        >
          {s.goneText}
        </Empty>
      )}
    </Page>
  );
}

function KnownProject({ project }: { project: Project }) {
  const navigate = useNavigate();
  const client = useClient(ProjectService);
  const [tab, setTab] = useTab("overview");
  const [dialog, setDialog] = useState<"edit" | "quota" | "delete">();
  const object = { kind: "project", id: project.id };
  const [edit, quota, remove] = useCan([
    { privilege: "project.edit", object },
    { privilege: "project.quota", object },
    { privilege: "project.delete", object },
  ]);
  const close = () => setDialog(undefined);
  return (
    <Page
      title={project.name}
      subtitle={project.description}
      actions={
        <>
          <Button
            icon={<Monitor size={14} />}
            onClick={() => void navigate({ to: "/vms", search: { project: project.id } } as never)}
          >
            {s.showVms}
          </Button>
          <Button icon={<Pencil size={14} />} blocked={blockedBy(edit)} onClick={() => setDialog("edit")}>
            {s.edit}
          </Button>
          <Button icon={<Gauge size={14} />} blocked={blockedBy(quota)} onClick={() => setDialog("quota")}>
            {s.quota}
          </Button>
          <Button
            look="danger"
            icon={<Trash2 size={14} />}
            blocked={project.id === defaultProject ? s.stays : blockedBy(remove)}
            onClick={() => setDialog("delete")}
          >
            {s.delete}
          </Button>
        </>
      }
    >
      <Tabs value={tab} onChange={setTab} tabs={tabsOf(project)} />
      {dialog === "edit" && <ProjectDialog project={project} onClose={close} />}
      {dialog === "quota" && <QuotaDialog project={project} onClose={close} />}
      {dialog === "delete" && (
        <AskFirst
          title={s.deleteTitle(project.name)}
          action={s.delete}
          done={s.deleted}
          onClose={close}
          work={async () => {
            await client.deleteProject({ id: project.id, idempotencyKey: newKey() });
            await navigate({ to: "/projects" } as never);
          }}
        >
          {s.deleteText}
        </AskFirst>
      )}
    </Page>
  );
}

function tabsOf(project: Project): Tab[] {
  return [
    { id: "overview", label: s.tabs.overview, panel: () => <Overview project={project} /> },
    { id: "folders", label: s.tabs.folders, panel: () => <FoldersPanel project={project} /> },
    {
      id: "members",
      label: s.tabs.members,
      panel: () => (
        <div className="p-4">
          <GrantsPanel object={{ kind: "project", id: project.id, name: project.name }} />
        </div>
      ),
    },
  ];
}

function Overview({ project }: { project: Project }) {
  const { inventory } = useConnection();
  const folders = useRows(inventory.folder).filter(({ projectId }) => projectId === project.id);
  const labels = Object.entries(project.labels);
  return (
    <div className="grid max-w-6xl gap-4 p-4 lg:grid-cols-[3fr_2fr]">
      <Panel title={s.usage}>
        <dl className="flex flex-col gap-4">
          {limits.map((limit) => (
            <div key={limit.id} className="grid grid-cols-[9rem_1fr] items-center gap-4">
              <dt className="text-muted">{limit.label}</dt>
              <dd>
                {limit.most(project) === undefined ? (
                  s.without(limit.format(limit.used(project)))
                ) : (
                  <UsageBar project={project} limit={limit} />
                )}
              </dd>
            </div>
          ))}
        </dl>
      </Panel>
      <Panel title={s.about}>
        <Facts
          facts={[
            [s.facts.created, <At key="created" at={project.createdAt} />],
            [s.facts.folders, String(folders.length)],
            [
              s.facts.labels,
              labels.length === 0 ? undefined : (
                <span key="labels" className="flex flex-wrap gap-1">
                  {labels.map(([key, value]) => (
                    <Badge key={key}>
                      {key}={value}
                    </Badge>
                  ))}
                </span>
              ),
            ],
            [
              s.facts.id,
              <code key="id" className="text-[12px] break-all">
                {project.id}
              </code>,
            ],
          ]}
        />
      </Panel>
    </div>
  );
}
