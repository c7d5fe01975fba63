import { coarseShape, fineShape } from "./recording.ts";

/** Points in time that series are aligned to. */
export interface Grid {
  startMs: number;
  stepMs: number;
  count: number;
}

const fineMs = fineShape.stepMs * fineShape.slots;
/** A client's hour is a little older than ours when its question arrives. */
export const graceMs = 120_000;

/** The finest points that are kept of this time and are no more than `maxPoints`. */
export function gridOf(options: { fromMs: number; toMs: number; nowMs: number; maxPoints: number }): Grid {
  const { fromMs, toMs, nowMs, maxPoints } = options;
  const base = fromMs >= nowMs - fineMs - graceMs ? fineShape.stepMs : coarseShape.stepMs;
  // Unless it begins on a point, a time touches one more than it is long.
  const wanted = Math.max(1, Math.ceil((toMs - fromMs) / Math.max(1, maxPoints - 1) / base)) * base;
  // What is read from the coarse ring must be a multiple of its step.
  const stepMs = wanted > coarseShape.stepMs ? Math.ceil(wanted / coarseShape.stepMs) * coarseShape.stepMs : wanted;
  return gridWith({ fromMs, toMs, stepMs });
}

export function gridWith({ fromMs, toMs, stepMs }: { fromMs: number; toMs: number; stepMs: number }): Grid {
  const startMs = Math.floor(fromMs / stepMs) * stepMs;
  return { startMs, stepMs, count: Math.max(1, Math.floor(toMs / stepMs) - startMs / stepMs + 1) };
}
