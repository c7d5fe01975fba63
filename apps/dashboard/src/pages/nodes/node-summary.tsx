import type { Node } from "@limiquantix/api";
import { CheckCircle2, CircleAlert, CircleMinus, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useConnection } from "../../api/context.tsx";
import { useRow, useRows } from "../../live/use-collection.ts";
import { strings } from "../../strings/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { fullness, Meter } from "../../ui/meter.tsx";
import { Notice } from "../../ui/notice.tsx";
import { ObjectLink } from "../../ui/object-link.tsx";
import { Facts, Panel } from "../../ui/page.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { Ago, At } from "../../ui/time.tsx";
import { bytes, memory, percent } from "../../ui/units.ts";
import { capacityOf, overcommit, storageOf, type Share } from "./capacity.ts";
import { duration } from "./duration.ts";
import { accelerator } from "./node-columns.tsx";
import { emulationReason, hasCondition, isSchedulable } from "./node-state.ts";
import { taintText } from "./taints.ts";
import { useNodeMetrics } from "./use-node-metrics.ts";

const s = strings.nodes;

export function NodeSummary({ node }: { node: Node }) {
  const emulated = emulationReason(node);
  return (
    <div className="flex flex-col gap-4 p-4">
      {node.status?.errorMessage && <Notice tone="bad">{node.status.errorMessage}</Notice>}
      {emulated && (
        <Notice tone="warn">
          <span className="font-medium">{s.emulation}.</span> {emulated}
        </Notice>
      )}
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <div className="flex flex-col gap-4">
          <Panel title={s.panels.now}>
            <Now node={node} />
          </Panel>
          <Panel title={s.panels.capacity}>
            <NodeCapacity node={node} />
          </Panel>
        </div>
        <div className="flex flex-col gap-4">
          <Panel title={s.panels.state}>
            <Conditions node={node} />
          </Panel>
          <Panel title={s.panels.system}>
            <System node={node} />
          </Panel>
        </div>
      </div>
    </div>
  );
}

function NodeCapacity({ node }: { node: Node }) {
  const { inventory } = useConnection();
  const pools = useRows(inventory.pool).filter(({ spec }) => spec?.assignedNodeIds.includes(node.id));
  const { cpu, memoryMib } = capacityOf([node]);
  const storage = storageOf(pools);
  if (cpu.total === 0) return <p className="text-muted">{s.capacity.nothing}</p>;
  return (
    <div className="flex flex-col gap-4">
      <Promised name={s.capacity.vcpu} of={node.hostname} share={cpu} format={String} />
      <Promised name={s.capacity.memory} of={node.hostname} share={memoryMib} format={memory} />
      {storage.totalBytes > 0 && (
        <Gauge
          name={s.capacity.storage}
          of={node.hostname}
          value={storage.usedBytes}
          max={storage.totalBytes}
          text={s.now.of(bytes(storage.usedBytes), bytes(storage.totalBytes))}
        />
      )}
    </div>
  );
}

/** What is promised to VMs, of what may be. */
export function Promised(props: { name: string; of: string; share: Share; format: (value: number) => string }) {
  const { name, of, share, format } = props;
  return (
    <Gauge
      name={name}
      of={of}
      value={share.allocated}
      max={share.allocatable}
      text={s.capacity.promised(format(share.allocated), format(share.allocatable))}
      note={s.capacity.ofReal(format(share.total), overcommit(share).toFixed(2))}
    />
  );
}

export function Gauge(props: { name: string; of: string; value: number; max: number; text: string; note?: ReactNode }) {
  const { name, of, value, max, text, note } = props;
  return (
    <div className="flex flex-col gap-1">
      <div className="flex flex-wrap items-baseline gap-x-2">
        <span className="grow font-medium">{name}</span>
        <span className="tabular-nums">{text}</span>
      </div>
      <Meter label={`${name}, ${of}`} value={value} max={max} text={text} tone={fullness(value, max)} />
      {note && <span className="text-muted tabular-nums">{note}</span>}
    </div>
  );
}

/** What the host measures of itself, with what its daemon takes. */
function Now({ node }: { node: Node }) {
  const { data, problem } = useNodeMetrics(node.id, hasCondition(node, "Reachable"));
  if (problem) return <p className="text-muted first-letter:uppercase">{problem.message}</p>;
  if (!hasCondition(node, "Reachable")) return <p className="text-muted">{s.conditions["Reachable"]?.no}</p>;
  if (!data) return <Skeleton className="h-32" />;
  const [used, total] = [Number(data.memoryUsedMib), Number(data.memoryTotalMib)];
  const measured = data.daemonRssMib > 0n;
  return (
    <div className="flex flex-col gap-4">
      <Gauge
        name={s.now.cpu}
        of={node.hostname}
        value={data.cpuUsagePercent}
        max={100}
        text={percent(data.cpuUsagePercent)}
      />
      <Gauge
        name={s.now.memory}
        of={node.hostname}
        value={used}
        max={total}
        text={s.now.of(memory(used), memory(total))}
      />
      <Facts
        facts={[
          [s.now.load, [data.load1m, data.load5m, data.load15m].map((load) => load.toFixed(2)).join(" · ")],
          [s.now.running, data.runningVmCount],
          [
            s.now.daemon,
            measured
              ? s.now.daemonText(memory(Number(data.daemonRssMib)), percent(data.daemonCpuPercent))
              : s.now.notMeasured,
          ],
        ]}
      />
    </div>
  );
}

function Conditions({ node }: { node: Node }) {
  const conditions = node.status?.conditions ?? [];
  if (conditions.length === 0) return <p className="text-muted">{s.capacity.nothing}</p>;
  return (
    <ul className="flex flex-col gap-2">
      {conditions.map(({ type, status, reason, message, changedAt }) => {
        const good = type === "Reachable" || type === "HypervisorReady";
        const words = s.conditions[type];
        const Icon = status === good ? (good ? CheckCircle2 : CircleMinus) : good ? CircleAlert : TriangleAlert;
        const color = status === good ? (good ? "text-ok" : "text-faint") : good ? "text-bad" : "text-warn";
        return (
          <li key={type} className="flex items-start gap-2">
            <Icon aria-hidden size={15} className={`mt-0.5 shrink-0 ${color}`} />
            <span className="min-w-0 grow">
              {words ? (status ? words.yes : words.no) : `${type}: ${status}`}
              {(message || reason) && <span className="block break-words text-muted">{message || reason}</span>}
            </span>
            <span className="text-muted">
              <Ago at={changedAt} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

function System({ node }: { node: Node }) {
  const { inventory } = useConnection();
  const cluster = useRow(inventory.cluster, node.clusterId);
  const system = node.status?.system;
  const { role, scheduling, agent } = node.spec ?? {};
  const f = s.facts;
  const roles = [
    role?.compute && s.roles.compute,
    role?.storage && s.roles.storage,
    role?.controlPlane && s.roles.controlPlane,
  ];
  const labels = Object.entries(node.labels).map(([key, value]) => `${key}=${value}`);
  return (
    <Facts
      facts={[
        [f.address, node.managementIp],
        [f.cluster, cluster ? <ObjectLink object={{ kind: "cluster", id: cluster.id, name: cluster.name }} /> : ""],
        [f.heard, hasCondition(node, "Reachable") ? f.heardLive : <Ago at={node.status?.lastHeartbeat} />],
        [f.os, system?.os],
        [f.kernel, system?.kernel],
        [f.hypervisor, [system?.hypervisor, system?.hypervisorVersion].filter(Boolean).join(" ")],
        [f.emulator, system?.emulatorVersion],
        [f.daemon, agent?.version],
        [f.accelerator, accelerator(node)],
        [f.uptime, system && system.uptimeSeconds > 0n ? f.uptimeAt(duration(Number(system.uptimeSeconds))) : ""],
        [f.joined, <At key="joined" at={node.createdAt} />],
        [f.role, roles.filter(Boolean).join(", ")],
        [f.labels, labels.length > 0 ? <Chips key="labels" texts={labels} /> : ""],
        [
          f.taints,
          scheduling?.taints.length ? (
            <Chips key="taints" texts={scheduling.taints.map(taintText)} />
          ) : isSchedulable(node) ? (
            ""
          ) : (
            s.unschedulable
          ),
        ],
      ]}
    />
  );
}

function Chips({ texts }: { texts: readonly string[] }) {
  return (
    <span className="flex flex-wrap gap-1">
      {texts.map((text) => (
        <Badge key={text}>{text}</Badge>
      ))}
    </span>
  );
}
