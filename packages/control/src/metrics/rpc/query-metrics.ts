import { timestampMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, type MetricsFrame, type QueryMetricsRequest } from "@limiquantix/api";
import type { Call } from "../../rpc/call.ts";
import { graceMs, gridOf } from "../grid.ts";
import { readPast, ringMs, type Past } from "../past.ts";
import type { MetricsServiceParts } from "../service.ts";
import { sourceOf } from "../targets.ts";
import { frameOf } from "./frame.ts";

const hourMs = 3_600_000;
/** An hour of 10 s, and the point that it begins in. */
const defaultPoints = 361;

/** Throws METRICS_HISTORY_UNAVAILABLE for a time of which the ring has nothing, when Prometheus does not answer. */
export async function queryMetrics(
  parts: MetricsServiceParts,
  request: QueryMetricsRequest,
  { access, signal }: Pick<Call, "access" | "signal">,
): Promise<MetricsFrame> {
  const sources = request.targets.map((target) => sourceOf(parts, target, access));
  const nowMs = parts.clock.now();
  const toMs = Math.min(nowMs, request.to ? timestampMs(request.to) : nowMs);
  const fromMs = request.from ? timestampMs(request.from) : toMs - hourMs;
  if (fromMs > toMs) throw problem(Reason.INVALID_REQUEST, { field: "from", why: "it must not be after `to` or now" });
  const grid = gridOf({ fromMs, toMs, nowMs, maxPoints: request.maxPoints || defaultPoints });
  const asked = request.metrics;
  const ringFromMs = nowMs - ringMs;
  if (!parts.past || fromMs >= ringFromMs - graceMs) return frameOf(parts, { sources, asked, grid });
  let past: Past;
  try {
    past = await readPast(parts.past, { sources, asked, grid, signal });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (toMs > ringFromMs) return frameOf(parts, { sources, asked, grid, missing: why });
    const since = new Date(ringFromMs).toISOString();
    throw problem(Reason.METRICS_HISTORY_UNAVAILABLE, { since, why }, { cause });
  }
  return frameOf(parts, { sources, asked, grid, past });
}
