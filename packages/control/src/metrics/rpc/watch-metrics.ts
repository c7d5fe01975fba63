import { timestampMs } from "@bufbuild/protobuf/wkt";
import { problem, Reason, type MetricsFrame, type WatchMetricsRequest } from "@limiquantix/api";
import { sleep } from "@limiquantix/kit";
import type { Call } from "../../rpc/call.ts";
import { gridWith } from "../grid.ts";
import { fineShape } from "../recording.ts";
import type { MetricsServiceParts } from "../service.ts";
import { sourceOf, type Source } from "../targets.ts";
import { frameOf } from "./frame.ts";

const lookEveryMs = 2000;
/** A watch that begins long ago is a question for QueryMetrics. */
const mostPoints = 2000;

/** A frame whenever one of the targets was measured. What the caller may no longer see ends it with NOT_FOUND. */
export async function* watchMetrics(
  parts: MetricsServiceParts,
  request: WatchMetricsRequest,
  { access, signal }: Pick<Call, "access" | "signal">,
): AsyncGenerator<MetricsFrame> {
  const { clock } = parts;
  const stepMs = request.stepSeconds * 1000 || fineShape.stepMs;
  if (stepMs % fineShape.stepMs !== 0) {
    throw problem(Reason.INVALID_REQUEST, { field: "step_seconds", why: "it must be a multiple of 10" });
  }
  const newestMs = clock.now();
  const oldestMs = newestMs - (mostPoints - 1) * stepMs;
  let fromMs = Math.min(newestMs, Math.max(oldestMs, request.from ? timestampMs(request.from) : newestMs));
  let seen = -1;
  while (!signal.aborted) {
    const sources = request.targets.map((target) => sourceOf(parts, target, access));
    const version = versionOf(sources);
    if (version !== seen) {
      seen = version;
      const grid = gridWith({ fromMs, toMs: clock.now(), stepMs });
      yield frameOf(parts, { sources, asked: request.metrics, grid });
      fromMs = grid.startMs + (grid.count - 1) * stepMs;
    }
    await sleep(clock, lookEveryMs, { signal, background: true }).catch(() => {});
  }
}

function versionOf(sources: readonly Source[]): number {
  let sum = 0;
  for (const source of sources) for (const recording of source.recordings()) sum += recording.version;
  return sum;
}
