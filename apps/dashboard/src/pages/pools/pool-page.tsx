import { ImageSpec_Format, type Image, type StoragePool, type VirtualMachine } from "@limiquantix/api";
import { useParams } from "@tanstack/react-router";
import { Database } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { useConnection } from "../../api/context.tsx";
import { useTab } from "../../app/search.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { ListTable, type ListColumn } from "../../ui/list-table.tsx";
import { Notice } from "../../ui/notice.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts, Page, Panel } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { Ago, At } from "../../ui/time.tsx";
import { bytes } from "../../ui/units.ts";
import { GrantsPanel } from "../grants/grants-panel.tsx";
import { Gauge } from "../nodes/node-summary.tsx";
import { VmTable } from "../nodes/vm-table.tsx";
import { poolBackend, poolState } from "./pool-state.ts";

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
    >
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          panel("summary", <Summary pool={pool} />),
          panel("vms", <Disks id={pool.id} />),
          panel("images", <Images id={pool.id} />),
          panel(
            "permissions",
            <div className="p-4">
              <GrantsPanel object={{ kind: "pool", id: pool.id, name: pool.name }} />
            </div>,
          ),
        ]}
      />
    </Page>
  );
}

function panel(id: keyof typeof s.tabs, content: ReactNode): Tab {
  return { id, label: s.tabs[id], panel: () => content };
}

function Hosts({ pool }: { pool: StoragePool }) {
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const here = nodes.filter(({ id }) => pool.spec?.assignedNodeIds.includes(id));
  return (
    <span className="flex flex-wrap gap-x-2">
      {here.map(({ id, hostname }) => (
        <ObjectLink key={id} object={{ kind: "node", id, name: hostname }} />
      ))}
    </span>
  );
}

function Summary({ pool }: { pool: StoragePool }) {
  const { totalBytes = 0n, usedBytes = 0n, availableBytes = 0n, provisionedBytes = 0n } = pool.status?.capacity ?? {};
  const ratio = totalBytes > 0n ? Number(provisionedBytes) / Number(totalBytes) : 0;
  return (
    <div className="flex flex-col gap-4 p-4">
      {pool.status?.errorMessage && <Notice tone="bad">{pool.status.errorMessage}</Notice>}
      <div className="grid gap-4 lg:grid-cols-2">
        <Panel title={s.capacity}>
          {totalBytes === 0n ? (
            <p className="text-muted">{s.notMeasured}</p>
          ) : (
            <div className="flex flex-col gap-4">
              <Gauge
                name={s.columns.used}
                of={pool.name}
                value={Number(usedBytes)}
                max={Number(totalBytes)}
                text={s.used(bytes(usedBytes), bytes(totalBytes))}
              />
              <Facts
                facts={[
                  [s.free, bytes(availableBytes)],
                  [s.thin, s.thinRatio(bytes(provisionedBytes), ratio.toFixed(2))],
                  [s.columns.measured, <Ago key="measured" at={pool.status?.measuredAt} />],
                ]}
              />
            </div>
          )}
        </Panel>
        <Panel title={s.about}>
          <Facts
            facts={[
              [s.columns.backend, poolBackend(pool)],
              [s.columns.hosts, <Hosts key="hosts" pool={pool} />],
              [strings.nodes.facts.joined, <At key="at" at={pool.createdAt} />],
              [
                strings.nodes.facts.id,
                <code key="id" className="font-mono text-[12px]">
                  {pool.id}
                </code>,
              ],
            ]}
          />
        </Panel>
      </div>
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
