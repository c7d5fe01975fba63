import type { Metric_Name, Metric_Unit } from "@limiquantix/api";
import type { Frame } from "./frame.ts";

/** One line of a chart. */
export interface Line {
  label: string;
  unit: Metric_Unit;
  /** One for each point of the frame; NaN: nothing was measured. */
  values: readonly number[];
}

export function linesOf(frame: Frame, wanted: readonly (readonly [metric: Metric_Name, label: string])[]): Line[] {
  return wanted.flatMap(([metric, label]) => {
    const series = frame.series.find((candidate) => candidate.metric === metric);
    return series ? [{ label, unit: series.unit, values: series.values }] : [];
  });
}
