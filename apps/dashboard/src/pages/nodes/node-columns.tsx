import type { Node } from "@limiquantix/api";
import { Link } from "@tanstack/react-router";
import { strings } from "../../strings/index.ts";
import { StateDot } from "../../ui/badge.tsx";
import type { Column } from "../../ui/data-table.tsx";
import { fullness, Meter } from "../../ui/meter.tsx";
import { memory } from "../../ui/units.ts";
import { emulationReason, isSchedulable, nodeState } from "./node-state.ts";

const s = strings.nodes;

/** What a table of hosts shows; without names of clusters it has no column for them. */
export function nodeColumns(clusters?: ReadonlyMap<string, string>): Column<Node>[] {
  const c = s.columns;
  const clusterOf = (node: Node) => clusters?.get(node.clusterId) ?? "";
  const columns: Column<Node>[] = [
    {
      id: "name",
      title: c.name,
      width: "minmax(11rem,2fr)",
      key: (node) => node.hostname,
      cell: (node) => (
        <>
          <Link to={`/nodes/${node.id}` as never} className="font-medium hover:underline">
            {node.hostname}
          </Link>
          {!isSchedulable(node) && <span className="ml-2 text-muted">{s.unschedulable}</span>}
        </>
      ),
    },
    {
      id: "state",
      title: c.phase,
      width: "8.5rem",
      key: (node) => nodeState(node).label,
      cell: (node) => <StateDot {...nodeState(node)} />,
    },
    { id: "cluster", title: c.cluster, width: "minmax(7rem,1fr)", key: clusterOf, cell: clusterOf },
    {
      id: "vms",
      title: c.vms,
      width: "4.5rem",
      align: "right",
      key: (node) => node.status?.vmIds.length ?? 0,
      cell: (node) => node.status?.vmIds.length ?? 0,
    },
    { id: "cpu", title: c.cpu, width: "11rem", key: cpuShare, cell: CpuCell },
    { id: "memory", title: c.memory, width: "15.5rem", key: memoryShare, cell: MemoryCell },
    {
      id: "accelerator",
      title: c.accelerator,
      width: "9rem",
      key: accelerator,
      cell: (node) => (
        <span title={emulationReason(node)} className={emulationReason(node) ? "text-warn" : ""}>
          {accelerator(node)}
        </span>
      ),
    },
    {
      id: "address",
      title: c.address,
      width: "9rem",
      key: (node) => node.managementIp,
      cell: (node) => node.managementIp,
    },
    {
      id: "version",
      title: c.version,
      width: "7rem",
      key: (node) => node.spec?.agent?.version ?? "",
      cell: (node) => node.spec?.agent?.version ?? "",
    },
  ];
  return columns.filter(({ id }) => clusters || id !== "cluster");
}

/** KVM, software emulation, or what else the host calls it. */
export function accelerator(node: Node): string {
  const name = node.status?.system?.accelerator ?? "";
  return name === "kvm" ? s.kvm : name === "tcg" ? s.emulation : name;
}

function CpuCell(node: Node) {
  const { allocated = 0, allocatable = 0 } = node.status?.resources?.cpu ?? {};
  return (
    <Share
      label={`${s.columns.cpu}, ${node.hostname}`}
      text={`${allocated} / ${allocatable}`}
      of={[allocated, allocatable]}
    />
  );
}

function MemoryCell(node: Node) {
  const { allocatedMib = 0n, allocatableMib = 0n } = node.status?.resources?.memory ?? {};
  const of = [Number(allocatedMib), Number(allocatableMib)] as const;
  return <Share label={`${s.columns.memory}, ${node.hostname}`} text={`${memory(of[0])} / ${memory(of[1])}`} of={of} />;
}

function Share({ label, text, of }: { label: string; text: string; of: readonly [number, number] }) {
  return (
    <span className="flex items-center gap-2">
      <span className="w-12 shrink-0">
        <Meter label={label} value={of[0]} max={of[1]} text={text} tone={fullness(...of)} />
      </span>
      <span className="truncate tabular-nums">{text}</span>
    </span>
  );
}

function cpuShare(node: Node): number {
  const { allocated = 0, allocatable = 0 } = node.status?.resources?.cpu ?? {};
  return allocatable > 0 ? allocated / allocatable : 0;
}

function memoryShare(node: Node): number {
  const { allocatedMib = 0n, allocatableMib = 0n } = node.status?.resources?.memory ?? {};
  return allocatableMib > 0n ? Number(allocatedMib) / Number(allocatableMib) : 0;
}
