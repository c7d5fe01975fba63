import { EventService, ImageSpec_Visibility, type Image } from "@limiquantix/api";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Disc3, Pencil, Plus, Trash2 } from "lucide-react";
import { useMemo } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useQuery } from "../../api/use-query.ts";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Badge, StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { EventLine } from "../../ui/event-line.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { At } from "../../ui/time.tsx";
import { bytes } from "../../ui/units.ts";
import { DeleteImageDialog } from "./delete-image-dialog.tsx";
import { EditImageDialog } from "./edit-image-dialog.tsx";
import { formatName, imageState, isIso, osName, poolName, usersOfImages } from "./image-facts.ts";
import { OsMark } from "./os-mark.tsx";
import { UploadPanel } from "./upload/upload-panel.tsx";

const s = strings.images;
const d = s.detail;
const mostUsers = 20;

export function ImagePage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const image = useRow(inventory.image, id);
  const link = useLink(feed);
  if (image) return <Found image={image} />;
  return (
    <Page title={s.title}>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <Empty
          icon={<Disc3 size={32} />}
          title={d.gone}
          action={
            <Link to={"/images" as never} className="text-accent hover:underline">
              {d.all}
            </Link>
          }
        >
          {d.goneText}
        </Empty>
      )}
    </Page>
  );
}

function Found({ image }: { image: Image }) {
  const { inventory } = useConnection();
  const navigate = useNavigate();
  const [dialog, setDialog] = useSearchValue("do");
  const vms = useRows(inventory.vm);
  const users = useMemo(() => usersOfImages(vms).get(image.id) ?? [], [vms, image.id]);
  const object = { kind: "image", id: image.id };
  const [edit, remove, create] = useCan([
    { privilege: "image.edit", object },
    { privilege: "image.delete", object },
    { privilege: "vm.create" },
  ]);
  const state = imageState(image);
  const ready = state.name === "READY";
  const reason = blockedBy(create);
  return (
    <Page
      title={image.name}
      subtitle={
        <span className="flex items-center gap-2">
          <OsMark os={image.spec?.os} iso={isIso(image)} />
          {osName(image.spec?.os)}
          <StateDot {...state} />
        </span>
      }
      actions={
        <>
          <Button icon={<Trash2 size={14} />} blocked={blockedBy(remove)} onClick={() => setDialog("delete")}>
            {s.actions.delete}
          </Button>
          <Button icon={<Pencil size={14} />} blocked={blockedBy(edit)} onClick={() => setDialog("edit")}>
            {s.actions.edit}
          </Button>
          <Button
            look="primary"
            icon={<Plus size={15} />}
            blocked={ready ? reason : s.actions.notReady}
            onClick={() => void navigate({ to: "/vms/new", search: { image: image.id } } as never)}
          >
            {s.actions.createVm}
          </Button>
        </>
      }
    >
      {state.name !== "READY" && <UploadPanel only={image.id} />}
      <div className="min-h-0 grow overflow-y-auto">
        {image.status?.errorMessage && (
          <div role="alert" className="m-4 mb-0 rounded-lg border border-bad/40 bg-bad-soft p-4">
            <p className="font-medium">{d.failed}</p>
            <p className="text-muted">
              <span className="inline-block first-letter:uppercase">{image.status.errorMessage}</span>
            </p>
          </div>
        )}
        <div className="grid items-start gap-4 p-4 lg:grid-cols-2">
          <Panel title={d.facts}>
            <ImageFacts image={image} />
          </Panel>
          <div className="flex flex-col gap-4">
            <Panel title={d.copies}>
              <Copies image={image} />
            </Panel>
            <Panel title={d.usedBy}>
              {users.length === 0 ? (
                <p className="text-muted">{d.unused}</p>
              ) : (
                <ul className="flex flex-wrap gap-x-4 gap-y-1">
                  {users.slice(0, mostUsers).map(({ id, name }) => (
                    <li key={id}>
                      <ObjectLink object={{ kind: "vm", id, name }} />
                    </li>
                  ))}
                  {users.length > mostUsers && <li className="text-muted">{d.more(users.length - mostUsers)}</li>}
                </ul>
              )}
            </Panel>
            <Panel title={d.events}>
              <Events imageId={image.id} />
            </Panel>
          </div>
        </div>
      </div>
      {dialog === "edit" && <EditImageDialog image={image} onClose={() => setDialog("")} />}
      {dialog === "delete" && (
        <DeleteImageDialog
          image={image}
          users={users}
          onClose={() => setDialog("")}
          onDeleted={() => navigate({ to: "/images" } as never)}
        />
      )}
    </Page>
  );
}

function ImageFacts({ image }: { image: Image }) {
  const { inventory } = useConnection();
  const project = useRow(inventory.project, image.projectId);
  const { spec, status } = image;
  const labels = Object.entries(image.labels);
  const size = Number(status?.sizeBytes || spec?.source?.sizeBytes || 0n);
  const facts: [string, React.ReactNode][] = [
    [d.description, image.description],
    [s.columns.os, osName(spec?.os)],
    [s.fields.user, spec?.defaultUser],
    [d.format, formatName(image)],
    [d.size, size > 0 ? bytes(size) : ""],
    [d.virtualSize, status?.virtualSizeBytes ? bytes(status.virtualSizeBytes) : ""],
    [
      d.project,
      <ObjectLink key="project" object={{ kind: "project", id: image.projectId, name: project?.name ?? "" }} />,
    ],
    [
      s.fields.visibility,
      s.fields.visibilities[ImageSpec_Visibility[spec?.visibility || ImageSpec_Visibility.PROJECT]],
    ],
    [d.source, spec?.source?.url || d.uploaded],
    [d.sha256, status?.sha256 && <code className="font-mono text-[12px] break-all">{status.sha256}</code>],
    [
      d.labels,
      labels.length > 0 && (
        <span className="flex flex-wrap gap-1">
          {labels.map(([key, value]) => (
            <Badge key={key}>{`${key}=${value}`}</Badge>
          ))}
        </span>
      ),
    ],
    [d.createdBy, image.createdBy],
    [d.created, <At key="created" at={image.createdAt} />],
    [
      d.id,
      <code key="id" className="font-mono text-[12px]">
        {image.id}
      </code>,
    ],
  ];
  return <Facts facts={facts.map(([name, value]) => [name, value || ""])} />;
}

function Copies({ image }: { image: Image }) {
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const names = useMemo(() => {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    return new Map(pools.map((pool) => [pool.id, poolName(pool, byId)]));
  }, [pools, nodes]);
  const copies = image.status?.copies ?? [];
  if (copies.length === 0) return <p className="text-muted">{d.noCopies}</p>;
  return (
    <ul className="flex flex-col gap-1">
      {copies.map(({ nodeId, storagePoolId: id }) => (
        <li key={`${nodeId}/${id}`}>
          <ObjectLink object={{ kind: "pool", id, name: names.get(id) ?? id }} />
        </li>
      ))}
    </ul>
  );
}

/** What is on record, and what has happened since it was read. */
function Events({ imageId }: { imageId: string }) {
  const { inventory } = useConnection();
  const client = useClient(EventService);
  const live = useRows(inventory.event);
  const { data, problem, reload } = useQuery(imageId, (signal) =>
    client.listEvents({ subjectId: imageId, pageSize: 50 }, { signal }),
  );
  const events = useMemo(() => {
    const byId = new Map((data?.events ?? []).map((event) => [event.id, event]));
    for (const event of live) if (event.subject?.id === imageId) byId.set(event.id, event);
    return [...byId.values()].toSorted((a, b) => (a.id < b.id ? 1 : -1));
  }, [data, live, imageId]);
  if (problem && !data) return <QueryProblem problem={problem} retry={reload} />;
  if (!data) return <SkeletonRows rows={3} />;
  if (events.length === 0) return <p className="text-muted">{d.noEvents}</p>;
  return (
    <ul className="max-h-80 overflow-y-auto">
      {events.map((event) => (
        <li key={event.id}>
          <EventLine event={event} />
        </li>
      ))}
    </ul>
  );
}
