import { Metric_Name as Name } from "@limiquantix/api";
import { useMemo } from "react";
import { useConnection } from "../api/context.tsx";
import { useRow } from "../live/use-collection.ts";
import { strings } from "../strings/index.ts";
import { ChartGrid } from "./chart-grid.tsx";
import { hostCharts } from "./host-charts.ts";

const { titles, series } = strings.charts;

/** CPU, memory, load, disk, network of a host, and what the platform itself takes of it. */
export function NodeCharts({ nodeId }: { nodeId: string }) {
  const { inventory } = useConnection();
  const memoryMib = Number(useRow(inventory.node, nodeId)?.spec?.memory?.totalMib ?? 0n);
  const charts = useMemo(
    () => [
      ...hostCharts(memoryMib),
      { title: titles.load, lines: [[Name.LOAD, series.load]] as const },
      { title: titles.requests, lines: [[Name.DISK_REQUESTS, series.requests]] as const },
      { title: titles.platform, lines: [[Name.DAEMON_CPU, series.daemonCpu]] as const },
      { title: titles.platformMemory, lines: [[Name.DAEMON_MEMORY, series.daemonMemory]] as const },
    ],
    [memoryMib],
  );
  const target = useMemo(() => ({ kind: "node" as const, id: nodeId }), [nodeId]);
  return <ChartGrid target={target} charts={charts} />;
}
