import { ClusterService, fromConnectError, type Cluster, type Node } from "@limiquantix/api";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Boxes, Pencil, Plus, Trash2 } from "lucide-react";
import { useCallback, useMemo, type ReactNode } from "react";
import { toast } from "sonner";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useSearchValue, useTab } from "../../app/search.ts";
import { useSelection } from "../../app/use-selection.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { AskFirst } from "../../ui/ask-first.tsx";
import { Button } from "../../ui/button.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Page } from "../../ui/page.tsx";
import { ProblemText } from "../../ui/problem.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { GrantsPanel } from "../grants/grants-panel.tsx";
import { nodeColumns } from "../nodes/node-columns.tsx";
import { VmTable } from "../nodes/vm-table.tsx";
import { AddHostsDialog } from "./add-hosts-dialog.tsx";
import { ClusterDialog } from "./cluster-dialog.tsx";
import { ClusterSummary } from "./cluster-summary.tsx";

const s = strings.clusters;

export function ClusterPage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const cluster = useRow(inventory.cluster, id);
  if (cluster) return <Known key={id} cluster={cluster} />;
  return (
    <Page title={s.title}>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <Empty icon={<Boxes size={32} />} title={s.gone}>
          {s.goneText}
        </Empty>
      )}
    </Page>
  );
}

function Known({ cluster }: { cluster: Cluster }) {
  const { inventory } = useConnection();
  const client = useClient(ClusterService);
  const navigate = useNavigate();
  const [tab, setTab] = useTab("summary");
  const [dialog, setDialog] = useSearchValue("do");
  const nodes = useRows(inventory.node);
  const vms = useRows(inventory.vm);
  const hosts = useMemo(() => nodes.filter(({ clusterId }) => clusterId === cluster.id), [nodes, cluster.id]);
  const here = useMemo(() => {
    const ids = new Set(hosts.map(({ id }) => id));
    return vms.filter(({ status }) => ids.has(status?.nodeId ?? ""));
  }, [vms, hosts]);
  const object = { kind: "cluster", id: cluster.id };
  const [edit, remove] = useCan([
    { privilege: "cluster.edit", object },
    { privilege: "cluster.delete", object },
  ]);
  const close = () => setDialog("");
  return (
    <Page
      title={cluster.name}
      subtitle={cluster.description}
      actions={
        <>
          <Button icon={<Plus size={14} />} blocked={blockedBy(edit)} onClick={() => setDialog("add")}>
            {s.addHosts}
          </Button>
          <Button icon={<Pencil size={14} />} blocked={blockedBy(edit)} onClick={() => setDialog("edit")}>
            {s.edit}
          </Button>
          <Button
            icon={<Trash2 size={14} />}
            blocked={blockedBy(remove) ?? (hosts.length > 0 ? s.hasHosts : undefined)}
            onClick={() => setDialog("delete")}
          >
            {s.delete}
          </Button>
        </>
      }
    >
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          panel("summary", <ClusterSummary cluster={cluster} hosts={hosts} vms={here} />),
          panel("hosts", <Hosts hosts={hosts} />),
          panel("vms", <VmTable label={s.tabs.vms} rows={here} empty={<Empty title={s.noVms} />} />),
          panel(
            "permissions",
            <div className="p-4">
              <GrantsPanel object={{ ...object, name: cluster.name }} />
            </div>,
          ),
        ]}
      />
      {dialog === "edit" && <ClusterDialog cluster={cluster} onClose={close} />}
      {dialog === "add" && <AddHostsDialog cluster={cluster} onClose={close} />}
      {dialog === "delete" && (
        <AskFirst
          title={s.deleteTitle(cluster.name)}
          action={s.deleteAction}
          onClose={close}
          work={async () => {
            await client.deleteCluster({ id: cluster.id, idempotencyKey: newKey() });
            await navigate({ to: "/clusters" } as never);
          }}
        >
          {s.deleteText}
        </AskFirst>
      )}
    </Page>
  );
}

function panel(id: keyof typeof s.tabs, content: ReactNode): Tab {
  return { id, label: s.tabs[id], panel: () => content };
}

/** The cluster's hosts, some of which can be taken out of it. */
function Hosts({ hosts }: { hosts: readonly Node[] }) {
  const client = useClient(ClusterService);
  const navigate = useNavigate();
  const [sort, setSort] = useSearchValue("sort", "name");
  const { ids: selection, rows: chosen, select } = useSelection(hosts);
  const columns = useMemo(() => nodeColumns(), []);
  const may = useCan(chosen.map(({ id }) => ({ privilege: "node.move", object: { kind: "node", id } })));
  const refused = may.find(({ allowed }) => !allowed);
  const open = useCallback(({ id }: Node) => void navigate({ to: `/nodes/${id}` } as never), [navigate]);
  const takeOut = async () => {
    const moved = await Promise.allSettled(
      chosen.map(({ id }) => client.moveNode({ nodeId: id, clusterId: "", idempotencyKey: newKey() })),
    );
    const failed = moved.find((result) => result.status === "rejected");
    if (failed) toast.error(<ProblemText problem={fromConnectError(failed.reason)} />);
    else toast.success(s.removed);
    select(new Set());
  };
  return (
    <div className="flex h-full min-h-64 flex-col">
      {chosen.length > 0 && (
        <div className="flex items-center gap-2 border-b border-line px-4 py-2">
          <Button blocked={refused && blockedBy(refused)} onClick={() => void takeOut()}>
            {s.removeHosts(chosen.length)}
          </Button>
        </div>
      )}
      <DataTable
        label={s.tabs.hosts}
        rows={hosts}
        columns={columns}
        sort={sort}
        onSort={setSort}
        onOpen={open}
        selection={selection}
        onSelect={select}
        empty={<Empty title={s.noHosts}>{s.noHostsText}</Empty>}
      />
    </div>
  );
}
