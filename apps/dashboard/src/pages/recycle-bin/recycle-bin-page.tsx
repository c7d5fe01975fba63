import { VMService, type RecycledVM, type Volume } from "@limiquantix/api";
import { GIB } from "@limiquantix/kit";
import { useNavigate } from "@tanstack/react-router";
import { Trash2, Undo2 } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { usePages } from "../../api/use-pages.ts";
import { useSearchValue, useTab } from "../../app/search.ts";
import { useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Older } from "../../ui/older.tsx";
import { Page } from "../../ui/page.tsx";
import { QueryProblem } from "../../ui/query-problem.tsx";
import { SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { Ago } from "../../ui/time.tsx";
import { bytes } from "../../ui/units.ts";
import { useVmCan } from "../vms/use-vm-can.ts";
import { useVolumeCan } from "../volumes/use-volume-can.ts";
import { useVolumeCommands, type VolumeCommand } from "../volumes/use-volume-commands.tsx";
import { isRecycled } from "../volumes/volume-state.ts";
import { TimeLeft } from "./time-left.tsx";

const s = strings.recycleBin;
const c = s.columns;

/** What was deleted and can be brought back. */
export function RecycleBinPage() {
  const [tab, setTab] = useTab("vms");
  const { inventory } = useConnection();
  const all = useRows(inventory.volume);
  // Those of a VM come and go with it.
  const volumes = useMemo(() => all.filter((one) => isRecycled(one) && !one.status?.attachedVmId), [all]);
  return (
    <Page title={s.title} subtitle={s.text}>
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          panel("vms", s.tabs.vms, <RecycledVms />),
          panel(
            "volumes",
            <>
              {s.tabs.volumes} {volumes.length > 0 && <span className="text-faint tabular-nums">{volumes.length}</span>}
            </>,
            <RecycledVolumes rows={volumes} />,
          ),
        ]}
      />
    </Page>
  );
}

function panel(id: keyof typeof s.tabs, label: ReactNode, content: ReactNode): Tab {
  return { id, label, panel: () => content };
}

interface VmRow extends RecycledVM {
  id: string;
}

const diskBytes = ({ vm }: RecycledVM) =>
  (vm?.spec?.disks ?? []).reduce((sum, { sizeGib }) => sum + Number(sizeGib), 0) * GIB;

/** They are in no stream: asked for when the page opens, and again whenever a VM comes or goes. */
function RecycledVms() {
  const client = useClient(VMService);
  const { inventory } = useConnection();
  const navigate = useNavigate();
  const projects = useRows(inventory.project);
  const [sort, setSort] = useSearchValue("sort", "-deleted");
  const [purging, setPurging] = useState<RecycledVM>();
  const count = useRows(inventory.vm).length;
  const pages = usePages(`recycled ${count}`, async (pageToken, signal) => {
    const { vms, nextPageToken } = await client.listRecycledVMs({ pageSize: 500, pageToken }, { signal });
    return { rows: vms, nextPageToken };
  });
  const { reload } = pages;
  const rows = useMemo(() => (pages.rows ?? []).map((row): VmRow => ({ ...row, id: row.vm?.id ?? "" })), [pages.rows]);
  const restore = useAction(async ({ id, vm }: VmRow) => {
    await client.restoreVM({ id, idempotencyKey: newKey() });
    toast.success(s.restoredVm(vm?.name ?? ""), {
      action: { label: s.open, onClick: () => void navigate({ to: `/vms/${id}` } as never) },
    });
    reload();
  });
  const names = useMemo(() => new Map(projects.map(({ id, name }) => [id, name])), [projects]);
  const columns = useMemo(
    () => vmColumns({ projects: names, restore: (row) => void restore.run(row), purge: setPurging }),
    [names, restore.run],
  );
  if (pages.problem && !pages.rows) return <QueryProblem problem={pages.problem} retry={reload} />;
  if (!pages.rows) return <SkeletonRows />;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <DataTable
        label={s.tabs.vms}
        rows={rows}
        columns={columns}
        sort={sort}
        onSort={setSort}
        empty={<EmptyList view="vm.view" icon={<Trash2 size={32} />} title={s.noVms} text={s.noneText} />}
      />
      {pages.more && <Older pages={pages} />}
      {purging?.vm && (
        <AskFirst
          title={s.purgeVm.title(purging.vm.name)}
          action={s.purge}
          done={s.purgeVm.done(purging.vm.name)}
          typed={purging.vm.name}
          work={async () => {
            await client.purgeVM({ id: purging.vm?.id ?? "", idempotencyKey: newKey() });
            reload();
          }}
          onClose={() => setPurging(undefined)}
        >
          <p>{s.purgeVm.text(disksText(purging))}</p>
        </AskFirst>
      )}
    </div>
  );
}

function disksText(row: RecycledVM): string {
  return s.disks(row.vm?.spec?.disks.length ?? 0, bytes(diskBytes(row)));
}

function vmColumns(parts: {
  projects: ReadonlyMap<string, string>;
  restore: (row: VmRow) => void;
  purge: (row: VmRow) => void;
}): Column<VmRow>[] {
  const projectOf = ({ vm }: VmRow) => parts.projects.get(vm?.projectId ?? "") ?? "";
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(11rem,2fr)",
      key: ({ vm }) => vm?.name ?? "",
      cell: ({ vm }) => <span className="font-medium">{vm?.name}</span>,
    },
    {
      id: "deleted",
      title: c.deleted,
      width: "8rem",
      key: ({ deletedAt }) => deletedAt?.seconds ?? 0n,
      cell: ({ deletedAt }) => <Ago at={deletedAt} />,
    },
    {
      id: "by",
      title: c.by,
      width: "minmax(7rem,1fr)",
      key: ({ deletedBy }) => deletedBy,
      cell: ({ deletedBy }) => deletedBy,
    },
    {
      id: "left",
      title: c.left,
      width: "9rem",
      key: ({ purgeAt }) => purgeAt?.seconds ?? 0n,
      cell: ({ purgeAt }) => <TimeLeft until={purgeAt} />,
    },
    { id: "disks", title: c.disks, width: "9rem", key: diskBytes, cell: disksText },
    { id: "project", title: c.project, width: "minmax(7rem,1fr)", key: projectOf, cell: projectOf },
    {
      id: "actions",
      title: "",
      width: "19rem",
      align: "right",
      cell: (row) => <VmButtons row={row} restore={parts.restore} purge={parts.purge} />,
    },
  ];
}

function VmButtons({
  row,
  restore,
  purge,
}: {
  row: VmRow;
  restore: (row: VmRow) => void;
  purge: (row: VmRow) => void;
}) {
  const can = useVmCan(row.id);
  const why = can.privilege("vm.delete");
  return <Buttons name={row.vm?.name ?? ""} why={why} restore={() => restore(row)} purge={() => purge(row)} />;
}

function Buttons(props: { name: string; why: string | undefined; restore: () => void; purge: () => void }) {
  const { name, why, restore, purge } = props;
  return (
    <span className="inline-flex gap-1">
      <Button
        className="h-7"
        icon={<Undo2 size={13} />}
        aria-label={`${s.restore} ${name}`}
        blocked={why}
        onClick={restore}
      >
        {s.restore}
      </Button>
      <Button
        className="h-7"
        look="ghost"
        icon={<Trash2 size={13} />}
        aria-label={`${s.purge} ${name}`}
        blocked={why}
        onClick={purge}
      >
        {s.purgeDots}
      </Button>
    </span>
  );
}

function RecycledVolumes({ rows }: { rows: readonly Volume[] }) {
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool);
  const [sort, setSort] = useSearchValue("sort", "-deleted");
  const { command, dialogs } = useVolumeCommands();
  const names = JSON.stringify(pools.map(({ id, name }) => [id, name]));
  const columns = useMemo(
    () => volumeColumns(new Map(JSON.parse(names) as [string, string][]), command),
    [names, command],
  );
  return (
    <div className="flex h-full min-h-0 flex-col">
      <DataTable
        label={s.tabs.volumes}
        rows={rows}
        columns={columns}
        sort={sort}
        onSort={setSort}
        empty={<EmptyList view="volume.view" icon={<Trash2 size={32} />} title={s.noVolumes} text={s.noneText} />}
      />
      {dialogs}
    </div>
  );
}

function volumeColumns(pools: ReadonlyMap<string, string>, command: VolumeCommand): Column<Volume>[] {
  const poolOf = ({ spec }: Volume) => pools.get(spec?.storagePoolId ?? "") ?? "";
  const size = ({ spec }: Volume) => spec?.sizeBytes ?? 0n;
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(11rem,2fr)",
      key: ({ name }) => name,
      cell: ({ id, name }) => (
        <span className="font-medium">
          <ObjectLink object={{ kind: "volume", id, name }} />
        </span>
      ),
    },
    {
      id: "deleted",
      title: c.deleted,
      width: "8rem",
      key: ({ deletedAt }) => deletedAt?.seconds ?? 0n,
      cell: ({ deletedAt }) => <Ago at={deletedAt} />,
    },
    {
      id: "left",
      title: c.left,
      width: "9rem",
      key: ({ purgeAt }) => purgeAt?.seconds ?? 0n,
      cell: ({ purgeAt }) => <TimeLeft until={purgeAt} />,
    },
    { id: "size", title: c.size, width: "7rem", align: "right", key: size, cell: (volume) => bytes(size(volume)) },
    { id: "pool", title: c.pool, width: "minmax(9rem,1fr)", key: poolOf, cell: poolOf },
    {
      id: "actions",
      title: "",
      width: "19rem",
      align: "right",
      cell: (volume) => <VolumeButtons id={volume.id} command={command} />,
    },
  ];
}

function VolumeButtons({ id, command }: { id: string; command: VolumeCommand }) {
  const { inventory } = useConnection();
  const volume = useRow(inventory.volume, id);
  const can = useVolumeCan(id);
  if (!volume) return null;
  return (
    <Buttons
      name={volume.name}
      why={can(volume, "restore")}
      restore={() => command("restore", volume)}
      purge={() => command("purge", volume)}
    />
  );
}
