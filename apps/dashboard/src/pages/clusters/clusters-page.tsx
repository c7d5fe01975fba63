import { Node_Phase, type Cluster, type Node } from "@limiquantix/api";
import { Link, useNavigate } from "@tanstack/react-router";
import { Boxes, Plus } from "lucide-react";
import { useCallback, useDeferredValue, useMemo } from "react";
import { useConnection } from "../../api/context.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useSearchValue } from "../../app/search.ts";
import { useLink, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Button } from "../../ui/button.tsx";
import { DataTable, type Column } from "../../ui/data-table.tsx";
import { Filters, FilterText } from "../../ui/filters.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { memory } from "../../ui/units.ts";
import { capacityOf, type Capacity } from "../nodes/capacity.ts";
import { EmptyList } from "../../ui/empty-list.tsx";
import { phaseOf } from "../nodes/node-state.ts";
import { ClusterDialog } from "./cluster-dialog.tsx";

const s = strings.clusters;

export function ClustersPage() {
  const { inventory, feed } = useConnection();
  const navigate = useNavigate();
  const link = useLink(feed);
  const all = useRows(inventory.cluster);
  const nodes = useRows(inventory.node);
  const [text, setText] = useSearchValue("q");
  const [sort, setSort] = useSearchValue("sort", "name");
  const [dialog, setDialog] = useSearchValue("do");
  const search = useDeferredValue(text);
  const [create] = useCan([{ privilege: "cluster.create" }]);
  const sums = useMemo(() => sumsOf(nodes), [nodes]);
  const columns = useMemo(() => columnsOf(sums), [sums]);
  const shown = useMemo(
    () =>
      all.filter(({ name, description }) =>
        `${name} ${description}`.toLowerCase().includes(search.trim().toLowerCase()),
      ),
    [all, search],
  );
  const open = useCallback(({ id }: Cluster) => void navigate({ to: `/clusters/${id}` } as never), [navigate]);
  const button = (
    <Button look="primary" icon={<Plus size={15} />} blocked={blockedBy(create)} onClick={() => setDialog("create")}>
      {s.create}
    </Button>
  );
  return (
    <Page title={s.title} subtitle={s.count(shown.length, all.length)} actions={button}>
      <Filters>
        <FilterText label={s.filter} value={text} onChange={setText} />
      </Filters>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : all.length === 0 ? (
        <EmptyList
          view="cluster.view"
          forbidden={s.forbidden}
          icon={<Boxes size={32} />}
          title={s.none}
          text={s.noneText}
          action={button}
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
      {dialog === "create" && <ClusterDialog onClose={() => setDialog("")} />}
    </Page>
  );
}

interface Sum extends Capacity {
  hosts: number;
  ready: number;
  vms: number;
}

function sumsOf(nodes: readonly Node[]): ReadonlyMap<string, Sum> {
  return new Map(
    [...Map.groupBy(nodes, ({ clusterId }) => clusterId)].map(([id, hosts]) => [
      id,
      {
        ...capacityOf(hosts),
        hosts: hosts.length,
        ready: hosts.filter((node) => phaseOf(node) === Node_Phase.READY).length,
        vms: hosts.reduce((sum, { status }) => sum + (status?.vmIds.length ?? 0), 0),
      },
    ]),
  );
}

function columnsOf(sums: ReadonlyMap<string, Sum>): Column<Cluster>[] {
  const c = s.columns;
  const count = (key: "hosts" | "vms") => (cluster: Cluster) => sums.get(cluster.id)?.[key] ?? 0;
  const promised = (key: "cpu" | "memoryMib") => (cluster: Cluster) => sums.get(cluster.id)?.[key].allocated ?? 0;
  return [
    {
      id: "name",
      title: c.name,
      width: "minmax(10rem,1fr)",
      key: ({ name }) => name,
      cell: ({ id, name }) => (
        <Link to={`/clusters/${id}` as never} className="font-medium hover:underline">
          {name}
        </Link>
      ),
    },
    {
      id: "hosts",
      title: c.hosts,
      width: "9rem",
      align: "right",
      key: count("hosts"),
      cell: ({ id }) => s.hostsReady(sums.get(id)?.ready ?? 0, sums.get(id)?.hosts ?? 0),
    },
    { id: "vms", title: c.vms, width: "6rem", align: "right", key: count("vms"), cell: count("vms") },
    {
      id: "cpu",
      title: c.cpu,
      width: "9rem",
      align: "right",
      key: promised("cpu"),
      cell: ({ id }) => `${sums.get(id)?.cpu.allocated ?? 0} / ${sums.get(id)?.cpu.allocatable ?? 0}`,
    },
    {
      id: "memory",
      title: c.memory,
      width: "12rem",
      align: "right",
      key: promised("memoryMib"),
      cell: ({ id }) =>
        `${memory(sums.get(id)?.memoryMib.allocated ?? 0)} / ${memory(sums.get(id)?.memoryMib.allocatable ?? 0)}`,
    },
    {
      id: "about",
      title: c.about,
      width: "minmax(10rem,2fr)",
      key: ({ description }) => description,
      cell: ({ description }) => description,
    },
  ];
}
