import { Metric_Name as Name } from "@limiquantix/api";
import { strings } from "../strings/index.ts";
import { memory } from "../ui/units.ts";
import type { ChartDefinition } from "./chart-grid.tsx";

const { titles, series, of } = strings.charts;

/** What hosts are watched by, one alone or all together. */
export function hostCharts(memoryMib: number): ChartDefinition[] {
  return [
    { title: titles.cpu, lines: [[Name.CPU, series.cpu]] },
    {
      title: titles.memory,
      lines: [[Name.MEMORY_USED, series.memory]],
      ...(memoryMib > 0 ? { max: memoryMib * 1024 * 1024, of: of(memory(memoryMib)) } : {}),
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
  ];
}
