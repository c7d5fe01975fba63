import type { StoragePool, Volume } from "@limiquantix/api";
import { Link, useNavigate } from "@tanstack/react-router";
import { Database, Plus } from "lucide-react";
import { useCallback, useDeferredValue, useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useCan } from "../../api/use-can.ts";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Badge, StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { Filters, FilterSelect, FilterText } from "../../ui/filters.tsx";
import { Meter } from "../../ui/meter.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { bytes, percent } from "../../ui/units.ts";
import { fillTone, poolBackend, poolFill, poolState } from "./pool-state.ts";

const s = strings.pools;

export function PoolsPage() {
  const { inventory, feed } = useConnection();
  const navigate = useNavigate();
  const link = useLink(feed);
  const all = useRows(inventory.pool);
  const nodes = useRows(inventory.node);
  const volumes = useRows(inventory.volume);
  const [text, setText] = useSearchValue("q");
  const [backend, setBackend] = useSearchValue("kind");
  const [state, setState] = useSearchValue("state");
  const [create] = useCan([{ privilege: "pool.create" }]);
  const [sort, setSort] = useSearchValue("sort", "name");
  const search = useDeferredValue(text);
  const hosts = useMemo(() => new Map(nodes.map(({ id, hostname }) => [id, hostname])), [nodes]);
  const counts = useMemo(() => volumesByPool(volumes), [volumes]);
  const columns = useMemo(() => columnsOf(hosts, counts), [hosts, counts]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const textOf = (pool: StoragePool) => `${pool.name} ${hostsOf(pool, hosts)} ${poolBackend(pool)}`.toLowerCase();
    return all.filter(
      (pool) =>
        (!backend || poolBackend(pool) === backend) &&
        (!state || poolState(pool).label === state) &&
        words.every((word) => textOf(pool).includes(word)),
    );
  }, [all, search, hosts, backend, state]);
  const options = (of: (pool: StoragePool) => string) =>
    [...new Set(all.map(of))].toSorted().map((label) => [label, label] as const);
  const open = useCallback((pool: StoragePool) => void navigate({ to: `/pools/${pool.id}` } as never), [navigate]);
  const mayNot = create?.allowed ? undefined : create?.why || undefined;
  const add = (
    <Button
      look="primary"
      icon={<Plus size={15} />}
      blocked={mayNot}
      onClick={() => void navigate({ to: "/pools/new" } as never)}
    >
      {s.add}
    </Button>
  );
  return (
    <Page title={s.title} subtitle={s.count(shown.length, all.length)} actions={add}>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
        <FilterSelect
          label={s.columns.backend}
          all={s.allBackends}
          value={backend}
          onChange={setBackend}
          options={options(poolBackend)}
        />
        <FilterSelect
          label={s.columns.state}
          all={s.allStates}
          value={state}
          onChange={setState}
          options={options((pool) => poolState(pool).label)}
        />
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
          action={add}
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
              action={
                <Button onClick={() => void navigate({ to: ".", search: {} } as never)}>
                  {strings.common.clearFilter}
                </Button>
              }
            />
          }
        />
      )}
    </Page>
  );
}

/** How many volumes each pool has, the recycle bin's too: they are in it. */
function volumesByPool(volumes: readonly Volume[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { spec } of volumes) {
    const id = spec?.storagePoolId ?? "";
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function hostsOf({ spec }: StoragePool, hosts: ReadonlyMap<string, string>): string {
  return (spec?.assignedNodeIds ?? []).map((id) => hosts.get(id) ?? "").join(", ");
}

function columnsOf(hosts: ReadonlyMap<string, string>, counts: ReadonlyMap<string, number>): Column<StoragePool>[] {
  const c = s.columns;
  const free = ({ status }: StoragePool) => status?.capacity?.availableBytes ?? 0n;
  const provisioned = ({ status }: StoragePool) => status?.capacity?.provisionedBytes ?? 0n;
  const volumeCount = ({ id }: StoragePool) => counts.get(id) ?? 0;
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(13rem,1.2fr)",
      key: (pool) => pool.name,
      cell: (pool) => (
        <span className="flex items-center gap-2">
          <Link to={`/pools/${pool.id}` as never} className="truncate font-medium hover:underline">
            {pool.name}
          </Link>
          {pool.status?.nearlyFull && <Badge tone={fillTone(pool) === "bad" ? "bad" : "warn"}>{s.nearlyFull}</Badge>}
        </span>
      ),
    },
    {
      id: "hosts",
      title: c.hosts,
      width: "minmax(9rem,1.5fr)",
      key: (pool) => hostsOf(pool, hosts),
      cell: (pool) => (
        <span title={hostsOf(pool, hosts)}>
          {s.hosts(hostsOf(pool, hosts), pool.spec?.assignedNodeIds.length ?? 0)}
        </span>
      ),
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
                tone={fillTone(pool)}
                mark={promisedMark(pool)}
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
    { id: "disks", title: c.disks, width: "5rem", align: "right", key: volumeCount, cell: volumeCount },
    {
      id: "measured",
      title: c.measured,
      width: "7.5rem",
      key: (pool) => pool.status?.measuredAt?.seconds ?? 0n,
      cell: (pool) => <Ago at={pool.status?.measuredAt} />,
    },
  ];
}

/** What thin disks may grow to, where that is still within the bar. */
function promisedMark({ status }: StoragePool): number | undefined {
  const { provisionedBytes = 0n, totalBytes = 0n } = status?.capacity ?? {};
  return provisionedBytes > 0n ? Math.min(Number(provisionedBytes), Number(totalBytes)) : undefined;
}
