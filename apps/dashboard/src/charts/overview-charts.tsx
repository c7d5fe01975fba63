import { useMemo } from "react";
import { useConnection } from "../api/context.tsx";
import { useRows } from "../live/use-collection.ts";
import { ChartGrid } from "./chart-grid.tsx";
import { hostCharts } from "./host-charts.ts";

const root = { kind: "root" as const, id: "" };

/** CPU, memory, disk and network of all hosts that the user may see, together. */
export function OverviewCharts() {
  const { inventory } = useConnection();
  const nodes = useRows(inventory.node);
  const memoryMib = nodes.reduce((sum, node) => sum + Number(node.spec?.memory?.totalMib ?? 0n), 0);
  const charts = useMemo(() => hostCharts(memoryMib), [memoryMib]);
  return <ChartGrid target={root} charts={charts} />;
}
