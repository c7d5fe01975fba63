import {
  ImageSpec_Format,
  StoragePoolService,
  StoragePoolStatus_Phase,
  type Image,
  type StoragePool,
  type VirtualMachine,
} from "@limiquantix/api";
import { useParams } from "@tanstack/react-router";
import { ChevronDown, Database, Pencil, RefreshCw, Trash2 } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useSearchValue, useTab } from "../../app/search.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { ListTable, type ListColumn } from "../../ui/list-table.tsx";
import { Menu } from "../../ui/menu.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Page, Panel } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { bytes } from "../../ui/units.ts";
import { EventsOf } from "../events/events-of.tsx";
import { GrantsPanel } from "../grants/grants-panel.tsx";
import { VmTable } from "../nodes/vm-table.tsx";
import { VolumeTable } from "../volumes/volume-table.tsx";
import { EditPoolDialog } from "./dialogs/edit-pool-dialog.tsx";
import { RemovePoolDialog } from "./dialogs/remove-pool-dialog.tsx";
import { poolBackend, poolState } from "./pool-state.ts";
import { PoolFiles } from "./tabs/files-tab.tsx";
import { PoolHosts } from "./tabs/hosts-tab.tsx";
import { PoolSummary } from "./tabs/summary-tab.tsx";

/** Of more hosts their number is said. */
const mostNamed = 3;
const s = strings.pools;
const gib = 1024 ** 3;

export function PoolPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const pool = useRow(inventory.pool, id);
  if (pool) return <Pool key={id} pool={pool} />;
  return (
    <Page title={s.title}>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <Empty icon={<Database size={32} />} title={s.gone}>
          {s.goneText}
        </Empty>
      )}
    </Page>
  );
}

function Pool({ pool }: { pool: StoragePool }) {
  const [tab, setTab] = useTab("summary");
  const [dialog, setDialog] = useSearchValue("do");
  return (
    <Page
      title={pool.name}
      subtitle={
        <span className="flex flex-wrap gap-x-3">
          <StateDot {...poolState(pool)} />
          <span>{poolBackend(pool)}</span>
          <Hosts pool={pool} />
        </span>
      }
      actions={<Actions pool={pool} onChoose={setDialog} />}
    >
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          panel("summary", <PoolSummary pool={pool} />),
          panel("hosts", <PoolHosts pool={pool} />),
          panel("volumes", <PoolVolumes id={pool.id} />),
          panel("vms", <Disks id={pool.id} />),
          panel("images", <Images id={pool.id} />),
          panel("files", <PoolFiles pool={pool} />),
          panel("events", <EventsOf id={pool.id} none={s.noEvents} />),
          panel(
            "permissions",
            <div className="p-4">
              <GrantsPanel object={{ kind: "pool", id: pool.id, name: pool.name }} />
            </div>,
          ),
        ]}
      />
      {dialog === "edit" && <EditPoolDialog pool={pool} onClose={() => setDialog("")} />}
      {dialog === "remove" && <RemovePoolDialog pool={pool} onClose={() => setDialog("")} />}
    </Page>
  );
}

function Actions({ pool, onChoose }: { pool: StoragePool; onChoose: (dialog: string) => void }) {
  const client = useClient(StoragePoolService);
  const object = { kind: "pool", id: pool.id };
  const [edit, remove] = useCan([
    { privilege: "pool.edit", object },
    { privilege: "pool.delete", object },
  ]);
  const reconnect = useAction(() => client.reconnectPool({ id: pool.id, idempotencyKey: newKey() }), {
    done: s.hostsTab.reconnected,
  });
  const own = pool.spec?.ofHost ? s.hostsTab.own : undefined;
  return (
    <Menu
      label={s.actions.menu}
      trigger={
        <Button>
          {s.actions.menu}
          <ChevronDown aria-hidden size={14} />
        </Button>
      }
      groups={[
        [
          {
            label: s.actions.edit,
            icon: <Pencil size={14} />,
            blocked: blockedBy(edit),
            onSelect: () => onChoose("edit"),
          },
          {
            label: s.actions.reconnect,
            icon: <RefreshCw size={14} />,
            blocked: own ?? blockedBy(edit),
            onSelect: () => void reconnect.run(),
          },
        ],
        [
          {
            label: s.actions.remove,
            icon: <Trash2 size={14} />,
            danger: true,
            blocked: own ?? blockedBy(remove),
            onSelect: () => onChoose("remove"),
          },
        ],
      ]}
    />
  );
}

function panel(id: keyof typeof s.tabs, content: ReactNode): Tab {
  return { id, label: s.tabs[id], panel: () => content };
}

function Hosts({ pool }: { pool: StoragePool }) {
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const here = nodes.filter(({ id }) => pool.spec?.assignedNodeIds.includes(id));
  const ready = pool.status?.hosts.filter(({ phase }) => phase === StoragePoolStatus_Phase.READY).length ?? 0;
  if (here.length > mostNamed) return <span>{s.reach(ready, here.length)}</span>;
  return (
    <span className="flex flex-wrap gap-x-2">
      {here.map(({ id, hostname }) => (
        <ObjectLink key={id} object={{ kind: "node", id, name: hostname }} />
      ))}
    </span>
  );
}

function PoolVolumes({ id }: { id: string }) {
  const { inventory } = useConnection();
  const all = useRows(inventory.volume);
  const rows = useMemo(() => all.filter(({ spec }) => spec?.storagePoolId === id), [all, id]);
  return (
    <div className="flex h-full min-h-64 flex-col">
      <VolumeTable rows={rows} withPool={false} empty={<Empty title={strings.volumes.noneInPool} />} />
    </div>
  );
}

function Disks({ id }: { id: string }) {
  const { inventory } = useConnection();
  const all = useRows(inventory.vm);
  const rows = useMemo(() => all.filter((vm) => disksIn(vm, id).length > 0), [all, id]);
  const more = useMemo((): Column<VirtualMachine>[] => {
    const size = (vm: VirtualMachine) => disksIn(vm, id).reduce((sum, { sizeGib }) => sum + Number(sizeGib), 0);
    return [
      {
        id: "disks",
        title: s.columns.disksHere,
        width: "10rem",
        align: "right",
        key: size,
        cell: (vm) => s.disk(disksIn(vm, id).length, bytes(size(vm) * gib)),
      },
    ];
  }, [id]);
  return <VmTable label={s.tabs.vms} rows={rows} more={more} empty={<Empty title={s.noVms} />} />;
}

function disksIn({ spec }: VirtualMachine, poolId: string) {
  return (spec?.disks ?? []).filter(({ storagePoolId }) => storagePoolId === poolId);
}

const imageColumns: ListColumn<Image>[] = [
  {
    id: "name",
    title: s.image,
    cell: ({ id, name }) => <ObjectLink object={{ kind: "image", id, name }} />,
  },
  {
    id: "format",
    title: s.format,
    cell: ({ status }) => (status?.format ? ImageSpec_Format[status.format] : ""),
  },
  { id: "size", title: s.size, align: "right", cell: ({ status }) => bytes(status?.sizeBytes ?? 0n) },
];

function Images({ id }: { id: string }) {
  const { inventory } = useConnection();
  const all = useRows(inventory.image);
  const here = useMemo(
    () =>
      all
        .filter(
          ({ status }) =>
            status?.storagePoolId === id || status?.copies.some(({ storagePoolId }) => storagePoolId === id),
        )
        .toSorted((a, b) => a.name.localeCompare(b.name)),
    [all, id],
  );
  return (
    <div className="p-4">
      <Panel title={s.tabs.images}>
        <ListTable
          label={s.tabs.images}
          rows={here}
          rowKey={(image) => image.id}
          columns={imageColumns}
          empty={s.noImages}
        />
      </Panel>
    </div>
  );
}
