import type { Cluster, Node, VirtualMachine } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";
import { Badge } from "../../ui/badge.tsx";
import { Facts, Panel } from "../../ui/page.tsx";
import { At } from "../../ui/time.tsx";
import { memory } from "../../ui/units.ts";
import { capacityOf } from "../nodes/capacity.ts";
import { Promised } from "../nodes/node-summary.tsx";
import { HostsByPhase, VmsByState } from "../overview/health.tsx";

const s = strings.clusters;

export interface ClusterSummaryProps {
  cluster: Cluster;
  hosts: readonly Node[];
  vms: readonly VirtualMachine[];
}

export function ClusterSummary({ cluster, hosts, vms }: ClusterSummaryProps) {
  const { cpu, memoryMib } = capacityOf(hosts);
  const labels = Object.entries(cluster.labels).map(([key, value]) => `${key}=${value}`);
  return (
    <div className="grid gap-4 p-4 lg:grid-cols-2">
      <Panel title={s.capacity}>
        {hosts.length === 0 ? (
          <p className="text-muted">{s.noHosts}</p>
        ) : (
          <div className="flex flex-col gap-4">
            <Promised name={strings.nodes.capacity.vcpu} of={cluster.name} share={cpu} format={String} />
            <Promised name={strings.nodes.capacity.memory} of={cluster.name} share={memoryMib} format={memory} />
          </div>
        )}
      </Panel>
      <Panel title={s.health}>
        <div className="grid gap-4 sm:grid-cols-2">
          <HostsByPhase nodes={hosts} />
          <VmsByState vms={vms} />
        </div>
      </Panel>
      <Panel title={s.about}>
        <Facts
          facts={[
            [s.facts.hosts, hosts.length],
            [s.facts.vms, vms.length],
            [
              s.facts.labels,
              labels.length > 0 ? (
                <span key="labels" className="flex flex-wrap gap-1">
                  {labels.map((label) => (
                    <Badge key={label}>{label}</Badge>
                  ))}
                </span>
              ) : (
                ""
              ),
            ],
            [s.facts.created, <At key="created" at={cluster.createdAt} />],
            [
              s.facts.id,
              <code key="id" className="font-mono text-[12px]">
                {cluster.id}
              </code>,
            ],
          ]}
        />
      </Panel>
      <Panel title={s.availability}>
        <dl className="flex flex-col gap-3">
          {(
            [
              [s.ha, s.haText],
              [s.drs, s.drsText],
            ] as const
          ).map(([name, text]) => (
            <div key={name}>
              <dt className="flex items-center gap-2 font-medium">
                {name} <Badge>{s.notConfigured}</Badge>
              </dt>
              <dd className="text-muted">{text}</dd>
            </div>
          ))}
        </dl>
      </Panel>
    </div>
  );
}
