import { NodeService, type Node } from "@limiquantix/api";
import { useParams } from "@tanstack/react-router";
import { ChevronDown, Pencil, Server, ShieldOff, SquareArrowRight, Trash2, Wrench } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { useClient, useConnection } from "../../api/context.tsx";
import { newKey, useAction } from "../../api/use-action.tsx";
import { blockedBy, useCan } from "../../api/use-can.ts";
import { useSearchValue, useTab } from "../../app/search.ts";
import { NodeCharts } from "../../charts/index.ts";
import { useLink, useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, SkeletonRows } from "../../ui/states.tsx";
import { Tabs, type Tab } from "../../ui/tabs.tsx";
import { GrantsPanel } from "../grants/grants-panel.tsx";
import { DecommissionDialog } from "./decommission-dialog.tsx";
import { EditDialog } from "./edit-dialog.tsx";
import { NodeHistory } from "./history.tsx";
import { MaintenanceDialog } from "./maintenance-dialog.tsx";
import { MoveDialog } from "./move-dialog.tsx";
import { NodeCertificates } from "./node-certificates.tsx";
import { NodeHardware } from "./node-hardware.tsx";
import { hasCondition, isSchedulable, nodeState } from "./node-state.ts";
import { NodeSummary } from "./node-summary.tsx";
import { VmTable } from "./vm-table.tsx";

const s = strings.nodes;

export function NodePage() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { inventory, feed } = useConnection();
  const link = useLink(feed);
  const node = useRow(inventory.node, id);
  if (node) return <Host key={id} node={node} />;
  return (
    <Page title={s.title}>
      {link === "connecting" ? (
        <SkeletonRows />
      ) : (
        <Empty icon={<Server size={32} />} title={s.gone}>
          {s.goneText}
        </Empty>
      )}
    </Page>
  );
}

function Host({ node }: { node: Node }) {
  const [tab, setTab] = useTab("summary");
  const [dialog, setDialog] = useSearchValue("do");
  const { inventory } = useConnection();
  const cluster = useRow(inventory.cluster, node.clusterId);
  const close = () => setDialog("");
  return (
    <Page
      title={node.hostname}
      subtitle={
        <span className="flex flex-wrap gap-x-3">
          <StateDot {...nodeState(node)} />
          {cluster && <span>{cluster.name}</span>}
          {node.managementIp && <span>{node.managementIp}</span>}
          {!isSchedulable(node) && <span>{s.unschedulable}</span>}
        </span>
      }
      actions={<Actions node={node} onChoose={setDialog} />}
    >
      <Tabs
        value={tab}
        onChange={setTab}
        tabs={[
          panel("summary", <NodeSummary node={node} />),
          panel("vms", <NodeVms id={node.id} />),
          panel("hardware", <NodeHardware node={node} />),
          panel(
            "charts",
            <div className="p-4">
              <NodeCharts nodeId={node.id} />
            </div>,
          ),
          panel("activity", <NodeHistory id={node.id} />),
          panel("certificates", <NodeCertificates id={node.id} />),
          panel(
            "permissions",
            <div className="p-4">
              <GrantsPanel object={{ kind: "node", id: node.id, name: node.hostname }} />
            </div>,
          ),
        ]}
      />
      {dialog === "maintenance" && <MaintenanceDialog node={node} onClose={close} />}
      {dialog === "edit" && <EditDialog node={node} onClose={close} />}
      {dialog === "move" && <MoveDialog node={node} onClose={close} />}
      {dialog === "decommission" && <DecommissionDialog node={node} onClose={close} />}
    </Page>
  );
}

function panel(id: keyof typeof s.tabs, content: ReactNode): Tab {
  return { id, label: s.tabs[id], panel: () => content };
}

function Actions({ node, onChoose }: { node: Node; onChoose: (dialog: string) => void }) {
  const client = useClient(NodeService);
  const object = { kind: "node", id: node.id };
  const [maintain, edit, move, decommission] = useCan([
    { privilege: "node.maintain", object },
    { privilege: "node.edit", object },
    { privilege: "node.move", object },
    { privilege: "node.decommission", object },
  ]);
  const enable = useAction(() => client.enableNode({ id: node.id, idempotencyKey: newKey() }));
  const away = hasCondition(node, "Maintenance") || hasCondition(node, "Draining");
  return (
    <>
      <Button
        icon={<Wrench size={14} />}
        busy={enable.busy}
        blocked={blockedBy(maintain)}
        onClick={() => (away ? void enable.run() : onChoose("maintenance"))}
      >
        {away ? s.actions.enable : s.actions.maintenance}
      </Button>
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
              label: s.actions.move,
              icon: <SquareArrowRight size={14} />,
              blocked: blockedBy(move),
              onSelect: () => onChoose("move"),
            },
          ],
          away
            ? [
                {
                  label: s.maintenance.drain,
                  icon: <ShieldOff size={14} />,
                  blocked: blockedBy(maintain),
                  onSelect: () => onChoose("maintenance"),
                },
              ]
            : [],
          [
            {
              label: s.actions.decommission,
              icon: <Trash2 size={14} />,
              danger: true,
              blocked: blockedBy(decommission),
              onSelect: () => onChoose("decommission"),
            },
          ],
        ]}
      />
    </>
  );
}

function NodeVms({ id }: { id: string }) {
  const { inventory } = useConnection();
  const all = useRows(inventory.vm);
  const here = useMemo(() => all.filter(({ status }) => status?.nodeId === id), [all, id]);
  return (
    <VmTable
      label={s.tabs.vms}
      rows={here}
      withHost={false}
      empty={<Empty title={s.vms.none}>{s.vms.noneText}</Empty>}
    />
  );
}
