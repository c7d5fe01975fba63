import { Metric_Name as Name } from "@limiquantix/api";
import { useMemo } from "react";
import { useConnection } from "../api/context.tsx";
import { useRow } from "../live/use-collection.ts";
import { strings } from "../strings/index.ts";
import { memory } from "../ui/units.ts";
import { ChartGrid, type ChartDefinition } from "./chart-grid.tsx";

const { titles, series, of } = strings.charts;
const mib = 1024 * 1024;

/** CPU, memory, disk and network of a VM, live, with the page's range (`?range=`). */
export function VmCharts({ vmId }: { vmId: string }) {
  const { inventory } = useConnection();
  const sizeMib = Number(useRow(inventory.vm, vmId)?.spec?.memory?.sizeMib ?? 0n);
  const charts = useMemo<ChartDefinition[]>(
    () => [
      { title: titles.cpu, lines: [[Name.CPU, series.cpu]] },
      {
        title: titles.memory,
        lines: [[Name.MEMORY_USED, series.memory]],
        ...(sizeMib > 0 ? { max: sizeMib * mib, of: of(memory(sizeMib)) } : {}),
      },
      {
        title: titles.disk,
        lines: [
          [Name.DISK_READ, series.read],
          [Name.DISK_WRITE, series.write],
        ],
      },
      {
        title: titles.network,
        lines: [
          [Name.NETWORK_RECEIVED, series.received],
          [Name.NETWORK_SENT, series.sent],
        ],
      },
      { title: titles.requests, lines: [[Name.DISK_REQUESTS, series.requests]] },
    ],
    [sizeMib],
  );
  const target = useMemo(() => ({ kind: "vm" as const, id: vmId }), [vmId]);
  return <ChartGrid target={target} charts={charts} />;
}
