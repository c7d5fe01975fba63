import type { VirtualMachine, VirtualNetwork } from "@limiquantix/api";
import { Link, useNavigate } from "@tanstack/react-router";
import { List, Network, Waypoints } from "lucide-react";
import { lazy, Suspense, useCallback, useDeferredValue, useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Filters, FilterText } from "../../ui/filters.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { EmptyList } from "../../ui/empty-list.tsx";
import { networkState, networkType, subnetOf } from "./network-state.ts";

const s = strings.networks;
const Topology = lazy(() => import("./topology.tsx").then(({ Topology }) => ({ default: Topology })));

export function NetworksPage() {
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const all = useRows(inventory.network);
  const [view, setView] = useSearchValue("view", "list");
  return (
    <Page
      title={s.title}
      subtitle={s.count(all.length, all.length)}
      actions={
        <div role="group" className="flex gap-1">
          {(["list", "topology"] as const).map((id) => (
            <Button
              key={id}
              look={view === id ? "plain" : "ghost"}
              aria-pressed={view === id}
              icon={id === "list" ? <List size={14} /> : <Waypoints size={14} />}
              onClick={() => setView(id)}
            >
              {s.views[id]}
            </Button>
          ))}
        </div>
      }
    >
      {link === "connecting" ? (
        <SkeletonRows />
      ) : all.length === 0 ? (
        <EmptyList
          view="network.view"
          forbidden={s.forbidden}
          icon={<Network size={32} />}
          title={s.none}
          text={s.noneText}
        />
      ) : view === "topology" ? (
        <Suspense fallback={<SkeletonRows />}>
          <Topology />
        </Suspense>
      ) : (
        <NetworkTable all={all} />
      )}
    </Page>
  );
}

function NetworkTable({ all }: { all: readonly VirtualNetwork[] }) {
  const { inventory } = useConnection();
  const navigate = useNavigate();
  const vms = useRows(inventory.vm);
  const [text, setText] = useSearchValue("q");
  const [sort, setSort] = useSearchValue("sort", "name");
  const search = useDeferredValue(text);
  const counts = useMemo(() => vmsByNetwork(vms), [vms]);
  const columns = useMemo(() => columnsOf(counts), [counts]);
  const shown = useMemo(() => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const textOf = (network: VirtualNetwork) =>
      `${network.name} ${network.description} ${subnetOf(network)} ${networkType(network)}`.toLowerCase();
    return all.filter((network) => words.every((word) => textOf(network).includes(word)));
  }, [all, search]);
  const open = useCallback(({ id }: VirtualNetwork) => void navigate({ to: `/networks/${id}` } as never), [navigate]);
  return (
    <>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
      </Filters>
      <DataTable
        label={s.title}
        rows={shown}
        columns={columns}
        sort={sort}
        onSort={setSort}
        onOpen={open}
        empty={
          <Empty title={s.noMatch} action={<Button onClick={() => setText("")}>{strings.common.clearFilter}</Button>} />
        }
      />
    </>
  );
}

/** How many VMs have an interface in each network. */
function vmsByNetwork(vms: readonly VirtualMachine[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { spec } of vms) {
    for (const id of new Set(spec?.nics.map(({ networkId }) => networkId))) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function columnsOf(counts: ReadonlyMap<string, number>): Column<VirtualNetwork>[] {
  const c = s.columns;
  const hosts = ({ status }: VirtualNetwork) => status?.hosts.filter(({ ready }) => ready).length ?? 0;
  const count = ({ id }: VirtualNetwork) => counts.get(id) ?? 0;
  const mtu = ({ spec }: VirtualNetwork) => spec?.mtu || Number(s.mtuDefault);
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(10rem,1fr)",
      key: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to={`/networks/${id}` as never} className="font-medium hover:underline">
          {name}
        </Link>
      ),
    },
    {
      id: "state",
      title: c.state,
      width: "8.5rem",
      key: (network) => networkState(network).label,
      cell: (network) => (
        <span title={network.status?.errorMessage}>
          <StateDot {...networkState(network)} />
        </span>
      ),
    },
    { id: "type", title: c.type, width: "9rem", key: networkType, cell: networkType },
    { id: "subnet", title: c.subnet, width: "11rem", key: subnetOf, cell: subnetOf },
    { id: "vms", title: c.vms, width: "5rem", align: "right", key: count, cell: count },
    { id: "hosts", title: c.hosts, width: "5rem", align: "right", key: hosts, cell: hosts },
    { id: "mtu", title: c.mtu, width: "5rem", align: "right", key: mtu, cell: mtu },
    {
      id: "about",
      title: c.about,
      width: "minmax(8rem,1fr)",
      key: ({ description }) => description,
      cell: ({ description }) => description,
    },
  ];
}
