import type { Node, StoragePool } from "@limiquantix/api";
import type { ReactNode } from "react";
import { useNodeLoads } from "../../charts/index.ts";
import { strings } from "../../strings/index.ts";
import { fullness, Meter } from "../../ui/meter.tsx";
import { Panel } from "../../ui/page.tsx";
import { bytes, memory, percent } from "../../ui/units.ts";
import { capacityOf, overcommit, storageOf } from "../nodes/capacity.ts";
import { usePlatformTax } from "./use-platform-tax.ts";

const s = strings.overview;
const mib = 1024 ** 2;

/** What there is, what is used of it, and what is promised to VMs. */
export function CapacityCards({ nodes, pools }: { nodes: readonly Node[]; pools: readonly StoragePool[] }) {
  const { cpu, memoryMib } = capacityOf(nodes);
  const storage = storageOf(pools);
  const used = useUse(nodes);
  return (
    <div className="grid gap-4 sm:grid-cols-2 xl:grid-cols-4">
      <Card
        title={s.capacity.cpu}
        total={s.capacity.cores(cpu.total)}
        used={used.measured > 0 ? used.cores : undefined}
        max={used.totalCores}
        usedText={s.capacity.used(percent(used.totalCores > 0 ? (100 * used.cores) / used.totalCores : 0))}
        allocated={cpu.allocated}
        allocatable={cpu.allocatable}
        promised={s.capacity.promised(`${cpu.allocated} vCPU`, String(cpu.allocatable))}
        note={s.capacity.ratio(overcommit(cpu).toFixed(2))}
        measured={used.measured < nodes.length ? s.capacity.partly(used.measured, nodes.length) : ""}
      />
      <Card
        title={s.capacity.memory}
        total={memory(memoryMib.total)}
        used={used.measured > 0 ? used.memoryBytes : undefined}
        max={used.totalBytes}
        usedText={s.capacity.usedOf(bytes(used.memoryBytes), bytes(used.totalBytes))}
        allocated={memoryMib.allocated}
        allocatable={memoryMib.allocatable}
        promised={s.capacity.promised(memory(memoryMib.allocated), memory(memoryMib.allocatable))}
        note={s.capacity.ratio(overcommit(memoryMib).toFixed(2))}
        measured={used.measured < nodes.length ? s.capacity.partly(used.measured, nodes.length) : ""}
      />
      <Card
        title={s.capacity.storage}
        total={bytes(storage.totalBytes)}
        used={storage.totalBytes > 0 ? storage.usedBytes : undefined}
        max={storage.totalBytes}
        usedText={s.capacity.usedOf(bytes(storage.usedBytes), bytes(storage.totalBytes))}
        note={
          storage.totalBytes > 0
            ? s.capacity.thin(
                bytes(storage.provisionedBytes),
                (storage.provisionedBytes / storage.totalBytes).toFixed(2),
              )
            : ""
        }
      />
      <TaxCard totalCores={used.totalCores} totalBytes={used.totalBytes} />
    </div>
  );
}

/** What the hosts measure that were heard of lately, and how much those have. */
function useUse(nodes: readonly Node[]) {
  const loads = useNodeLoads();
  const sum = { measured: 0, cores: 0, totalCores: 0, memoryBytes: 0, totalBytes: 0 };
  for (const { id, status } of nodes) {
    const load = loads.of(id);
    if (!load) continue;
    const cores = status?.resources?.cpu?.total ?? 0;
    sum.measured++;
    sum.totalCores += cores;
    sum.cores += (cores * load.cpuPercent) / 100;
    sum.totalBytes += Number(status?.resources?.memory?.totalMib ?? 0n) * mib;
    sum.memoryBytes += load.memoryUsedBytes;
  }
  return sum;
}

interface CardProps {
  title: string;
  total: string;
  /** Undefined: nothing measured it. */
  used: number | undefined;
  max: number;
  usedText: string;
  allocated?: number;
  allocatable?: number;
  promised?: string;
  note: ReactNode;
  measured?: string;
}

function Card(props: CardProps) {
  const { title, total, used, max, usedText, allocated, allocatable = 0, promised, note, measured } = props;
  const text = used === undefined ? s.capacity.unmeasured : usedText;
  return (
    <Panel>
      <div className="flex items-baseline gap-2">
        <h2 className="grow font-semibold">{title}</h2>
        <span className="text-[15px] font-semibold tabular-nums">{total}</span>
      </div>
      <div className="mt-3 flex flex-col gap-1">
        <Meter label={`${title}: ${text}`} value={used ?? 0} max={max} text={text} tone={fullness(used ?? 0, max)} />
        <span className={used === undefined ? "text-muted" : "tabular-nums"}>
          {text}
          {used !== undefined && measured && <span className="text-muted"> · {measured}</span>}
        </span>
      </div>
      {allocated !== undefined && promised && (
        <div className="mt-3 flex flex-col gap-1">
          <Meter label={`${title}: ${promised}`} value={allocated} max={allocatable} text={promised} tone="info" />
          <span className="tabular-nums">{promised}</span>
        </div>
      )}
      <p className="mt-1 text-muted tabular-nums">{note}</p>
    </Panel>
  );
}

/** The daemons' part of the hosts that are measured: the price of the platform, which nobody else shows. */
function TaxCard({ totalCores, totalBytes }: { totalCores: number; totalBytes: number }) {
  const tax = usePlatformTax();
  const cpu = tax && totalCores > 0 ? tax.cpuPercent / totalCores : undefined;
  const ram = tax && totalBytes > 0 ? (100 * tax.memoryBytes) / totalBytes : undefined;
  return (
    <Panel>
      <div className="flex items-baseline gap-2">
        <h2 className="grow font-semibold">{s.tax.title}</h2>
      </div>
      <p className="text-muted">{s.tax.text}</p>
      {tax && cpu !== undefined && ram !== undefined ? (
        <>
          <TaxGauge share={cpu} text={`${share(cpu)} ${s.tax.cpu}`} />
          <TaxGauge share={ram} text={`${share(ram)} ${s.tax.memory}`} />
          <p className="mt-1 text-muted tabular-nums">
            {s.tax.detail(percent(tax.cpuPercent), bytes(tax.memoryBytes))}{" "}
            {Math.max(cpu, ram) < 1 ? s.tax.goal : s.tax.above}
          </p>
        </>
      ) : (
        <p className="mt-3">{s.tax.unmeasured}</p>
      )}
    </Panel>
  );
}

/** On a scale to 2 %, with the goal in the middle. */
function TaxGauge({ share, text }: { share: number; text: string }) {
  return (
    <div className="mt-3 flex flex-col gap-1">
      <Meter
        label={`${s.tax.title}: ${text}`}
        value={share}
        max={2}
        mark={1}
        text={text}
        tone={share < 1 ? "ok" : "warn"}
      />
      <span className="tabular-nums">{text}</span>
    </div>
  );
}

function share(value: number): string {
  return `${value.toFixed(value < 0.1 ? 3 : 2)} %`;
}
