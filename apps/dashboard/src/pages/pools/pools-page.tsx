import type { StoragePool, VirtualMachine } from "@limiquantix/api";
import { Link, useNavigate } from "@tanstack/react-router";
import { Database } from "lucide-react";
import { useCallback, useDeferredValue, useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Filters, FilterText } from "../../ui/filters.tsx";
import { fullness, Meter } from "../../ui/meter.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { bytes, percent } from "../../ui/units.ts";
import { EmptyList } from "../../ui/empty-list.tsx";
import { poolBackend, poolFill, poolState } from "./pool-state.ts";

const s = strings.pools;

export function PoolsPage() {
  const { inventory, feed } = useConnection();
  const navigate = useNavigate();
  const link = useLink(feed);
  const all = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const vms = useRows(inventory.vm);
  const [text, setText] = useSearchValue("q");
  const [sort, setSort] = useSearchValue("sort", "name");
  const search = useDeferredValue(text);
  const hosts = useMemo(() => new Map(nodes.map(({ id, hostname }) => [id, hostname])), [nodes]);
  const disks = useMemo(() => disksByPool(vms), [vms]);
  const columns = useMemo(() => columnsOf(hosts, disks), [hosts, disks]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const textOf = (pool: StoragePool) => `${pool.name} ${hostsOf(pool, hosts)} ${poolBackend(pool)}`.toLowerCase();
    return all.filter((pool) => words.every((word) => textOf(pool).includes(word)));
  }, [all, search, hosts]);
  const open = useCallback((pool: StoragePool) => void navigate({ to: `/pools/${pool.id}` } as never), [navigate]);
  return (
    <Page title={s.title} subtitle={s.count(shown.length, all.length)}>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
      </Filters>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : all.length === 0 ? (
        <EmptyList
          view="pool.view"
          forbidden={s.forbidden}
          icon={<Database size={32} />}
          title={s.none}
          text={s.noneText}
        />
      ) : (
        <DataTable
          label={s.title}
          rows={shown}
          columns={columns}
          sort={sort}
          onSort={setSort}
          onOpen={open}
          empty={
            <Empty
              title={s.noMatch}
              action={<Button onClick={() => setText("")}>{strings.common.clearFilter}</Button>}
            />
          }
        />
      )}
    </Page>
  );
}

/** How many disks of VMs each pool has. */
function disksByPool(vms: readonly VirtualMachine[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { spec } of vms) {
    for (const { storagePoolId } of spec?.disks ?? []) counts.set(storagePoolId, (counts.get(storagePoolId) ?? 0) + 1);
  }
  return counts;
}

function hostsOf({ spec }: StoragePool, hosts: ReadonlyMap<string, string>): string {
  return (spec?.assignedNodeIds ?? []).map((id) => hosts.get(id) ?? "").join(", ");
}

function columnsOf(hosts: ReadonlyMap<string, string>, disks: ReadonlyMap<string, number>): Column<StoragePool>[] {
  const c = s.columns;
  const free = ({ status }: StoragePool) => status?.capacity?.availableBytes ?? 0n;
  const provisioned = ({ status }: StoragePool) => status?.capacity?.provisionedBytes ?? 0n;
  const diskCount = ({ id }: StoragePool) => disks.get(id) ?? 0;
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(9rem,1fr)",
      key: (pool) => pool.name,
      cell: (pool) => (
        <Link to={`/pools/${pool.id}` as never} className="font-medium hover:underline">
          {pool.name}
        </Link>
      ),
    },
    {
      id: "hosts",
      title: c.hosts,
      width: "minmax(9rem,1.5fr)",
      key: (pool) => hostsOf(pool, hosts),
      cell: (pool) => hostsOf(pool, hosts),
    },
    {
      id: "state",
      title: c.state,
      width: "8rem",
      key: (pool) => poolState(pool).label,
      cell: (pool) => (
        <span title={pool.status?.errorMessage}>
          <StateDot {...poolState(pool)} />
        </span>
      ),
    },
    { id: "backend", title: c.backend, width: "11rem", key: poolBackend, cell: poolBackend },
    {
      id: "used",
      title: c.used,
      width: "12rem",
      key: poolFill,
      cell: (pool) => {
        const { usedBytes = 0n, totalBytes = 0n } = pool.status?.capacity ?? {};
        if (totalBytes === 0n) return "–";
        const text = s.used(bytes(usedBytes), bytes(totalBytes));
        const [value, max] = [Number(usedBytes), Number(totalBytes)];
        return (
          <span className="flex items-center gap-2" title={text}>
            <span className="w-20 shrink-0">
              <Meter
                label={`${c.used}, ${pool.name}`}
                value={value}
                max={max}
                text={text}
                tone={fullness(value, max)}
              />
            </span>
            <span className="tabular-nums">{percent(100 * poolFill(pool))}</span>
          </span>
        );
      },
    },
    { id: "free", title: c.free, width: "7rem", align: "right", key: free, cell: (pool) => bytes(free(pool)) },
    {
      id: "provisioned",
      title: c.provisioned,
      width: "9.5rem",
      align: "right",
      key: provisioned,
      cell: (pool) => bytes(provisioned(pool)),
    },
    { id: "disks", title: c.disks, width: "5rem", align: "right", key: diskCount, cell: diskCount },
    {
      id: "measured",
      title: c.measured,
      width: "7.5rem",
      key: (pool) => pool.status?.measuredAt?.seconds ?? 0n,
      cell: (pool) => <Ago at={pool.status?.measuredAt} />,
    },
  ];
}
