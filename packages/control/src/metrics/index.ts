export type { HistoryFile } from "./recorder.ts";
export type { PrometheusApi } from "./prometheus/prometheus-history.ts";
