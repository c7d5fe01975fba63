export { NodeCharts } from "./node-charts.tsx";
export { OverviewCharts } from "./overview-charts.tsx";
export { Sparkline } from "./sparkline.tsx";
export { useNodeLoads, useVmLoads } from "./use-loads.ts";
export { VmCharts } from "./vm-charts.tsx";
export type { Load, Loads } from "./loads.ts";
