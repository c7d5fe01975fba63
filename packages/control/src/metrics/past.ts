import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { Metric_Name } from "@limiquantix/api";
import type { Grid } from "./grid.ts";
import type { Answer } from "./prometheus/answer.ts";
import type { PrometheusHistory } from "./prometheus/prometheus-history.ts";
import type { Wanted } from "./prometheus/promql.ts";
import { coarseShape } from "./recording.ts";
import { namesFor, type Source } from "./targets.ts";

/** How far back our own history goes. */
export const ringMs = coarseShape.stepMs * coarseShape.slots;

/** What Prometheus knows of one question; undefined for what it has nothing of. */
export type Past = (source: Source, name: Metric_Name) => Float32Array | undefined;

/** Asks for all that a question wants, in as few queries as there are kinds and metrics. Throws as `read` does. */
export async function readPast(
  history: PrometheusHistory,
  {
    sources,
    asked,
    grid,
    signal,
  }: { sources: readonly Source[]; asked: readonly Metric_Name[]; grid: Grid; signal: AbortSignal },
): Promise<Past> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const answers = new Map<string, Promise<Answer>>();
  const keyOf = ({ kind, ids, summed }: Wanted, name: Metric_Name) => [name, kind, ...(summed ? ids : [])].join("/");
  for (const { wanted, names } of sources.map((source) => ({ ...source, names: namesFor(source, asked) }))) {
    if (wanted.ids.length === 0) continue;
    for (const name of names) {
      const key = keyOf(wanted, name);
      if (answers.has(key)) continue;
      const together = wanted.summed ? wanted : { ...wanted, ids: idsOf(sources, wanted.kind) };
      answers.set(key, history.read({ ...together, name }, grid, either));
    }
  }
  const found = new Map<string, Answer>();
  try {
    await Promise.all([...answers].map(async ([key, answer]) => found.set(key, await answer)));
  } catch (cause) {
    failed.abort(cause);
    throw cause;
  }
  return ({ wanted }, name) => found.get(keyOf(wanted, name))?.get(wanted.summed ? "" : (wanted.ids[0] ?? ""));
}

function idsOf(sources: readonly Source[], kind: Wanted["kind"]): string[] {
  const single = sources.filter(({ wanted }) => wanted.kind === kind && !wanted.summed);
  return [...new Set(single.flatMap(({ wanted }) => wanted.ids))];
}

/** Of the last day the ring's value goes first, of what is older Prometheus's; a gap is what neither knows. */
export function together(ring: Float32Array, past: Float32Array | undefined, grid: Grid, ringFromMs: number) {
  if (!past) return ring;
  return ring.map((own, i) => {
    const other = past[i] ?? NaN;
    const [first, second] = grid.startMs + i * grid.stepMs >= ringFromMs ? [own, other] : [other, own];
    return Number.isNaN(first) ? second : first;
  });
}

export function keptSinceMs(history: PrometheusHistory | undefined, nowMs: number): number {
  return Math.min(nowMs - ringMs, history?.sinceMs ?? Infinity);
}

/** As SystemInfo says it. */
export function historyFacts(history: PrometheusHistory | undefined, nowMs: number) {
  return {
    source: history ? "prometheus" : "embedded",
    keptSince: timestampFromMs(keptSinceMs(history, nowMs)),
    problem: history?.problem ?? "",
  };
}
