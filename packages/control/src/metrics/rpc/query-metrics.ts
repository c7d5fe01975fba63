import { timestampMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, type MetricsFrame, type QueryMetricsRequest } from "@limiquantix/api";
import type { Access } from "../../access/access.ts";
import { gridOf } from "../grid.ts";
import type { MetricsServiceParts } from "../service.ts";
import { sourceOf } from "../targets.ts";
import { frameOf } from "./frame.ts";

const hourMs = 3_600_000;
/** An hour of 10 s, and the point that it begins in. */
const defaultPoints = 361;

export function queryMetrics(parts: MetricsServiceParts, request: QueryMetricsRequest, access: Access): MetricsFrame {
  const sources = request.targets.map((target) => sourceOf(parts, target, access));
  const nowMs = parts.clock.now();
  const toMs = Math.min(nowMs, request.to ? timestampMs(request.to) : nowMs);
  const fromMs = request.from ? timestampMs(request.from) : toMs - hourMs;
  if (fromMs > toMs) throw problem(Reason.INVALID_REQUEST, { field: "from", why: "it must not be after `to` or now" });
  const maxPoints = request.maxPoints || defaultPoints;
  return frameOf(sources, request.metrics, gridOf({ fromMs, toMs, nowMs, maxPoints }));
}
