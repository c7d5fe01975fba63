import type { ServiceImpl } from "@connectrpc/connect";
import type { MetricsService } from "@limiquantix/api";
import type { Clock } from "@limiquantix/kit";
import { callOf } from "../rpc/context.ts";
import type { Database } from "../store/database.ts";
import type { MetricsHistory } from "./history.ts";
import type { CurrentLoads } from "./loads.ts";
import type { PrometheusHistory } from "./prometheus/prometheus-history.ts";
import { queryMetrics } from "./rpc/query-metrics.ts";
import { watchLoads } from "./rpc/watch-loads.ts";
import { watchMetrics } from "./rpc/watch-metrics.ts";

export interface MetricsServiceParts {
  db: Database;
  clock: Clock;
  history: MetricsHistory;
  loads: CurrentLoads;
  /** What is older than a day; undefined: nothing is. */
  past: PrometheusHistory | undefined;
}

export function metricsService(parts: MetricsServiceParts) {
  return {
    queryMetrics: (request, context) => queryMetrics(parts, request, callOf(context)),
    watchMetrics: (request, context) => watchMetrics(parts, request, callOf(context)),
    watchLoads: (_request, context) => watchLoads(parts, callOf(context)),
  } satisfies ServiceImpl<typeof MetricsService>;
}
