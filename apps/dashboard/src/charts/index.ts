export { NodeCharts } from "./node-charts.tsx";
export { OverviewCharts } from "./overview-charts.tsx";
export { useNodeLoads, useVmLoads } from "./use-loads.ts";
export { VmCharts } from "./vm-charts.tsx";
export type { Loads } from "./loads.ts";
