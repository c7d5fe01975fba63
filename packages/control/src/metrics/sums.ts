import { Metric_Name as Name } from "@limiquantix/api";
import { columns } from "./catalogue.ts";
import type { Grid } from "./grid.ts";
import type { MetricsHistory } from "./history.ts";

/** A host in a sum, with how many cores it has. */
export interface Summed {
  id: string;
  cores: number;
}

/** Of several hosts together: CPU as a share of all their cores, all else added up. A gap: none of them was measured. */
export function sumOf(history: MetricsHistory, hosts: readonly Summed[], name: Name, grid: Grid): Float32Array {
  const column = columns.node.indexOf(name);
  const sums = new Float64Array(grid.count);
  const weights = new Float64Array(grid.count);
  const isShare = name === Name.CPU;
  for (const { id, cores } of hosts) {
    const values = history.find("node", id)?.read(column, grid);
    if (!values) continue;
    const weight = isShare ? Math.max(1, cores) : 1;
    for (const [i, value] of values.entries()) {
      if (Number.isNaN(value)) continue;
      sums[i] = (sums[i] ?? 0) + value * weight;
      weights[i] = (weights[i] ?? 0) + weight;
    }
  }
  return Float32Array.from(sums, (sum, i) => {
    const weight = weights[i] ?? 0;
    if (weight === 0) return NaN;
    return isShare ? sum / weight : sum;
  });
}
