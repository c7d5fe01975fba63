import { Metric_Name as Name } from "@limiquantix/api";
import type { RecordedKind } from "../catalogue.ts";
import { families, nodeCpus, type Family } from "./families.ts";
import { quoted } from "./text.ts";

/** Of which objects: one series for each, or all of them as one. */
export interface Wanted {
  kind: RecordedKind;
  ids: readonly string[];
  summed: boolean;
}

/**
 * The mean of a metric in each step, in the API's unit: as a query of the points' ends, whose window is one step. A step
 * in which Prometheus has nothing (for a counter: less than two samples) has no point. An object's labels change when it
 * is renamed or moves: its series are brought together by its id.
 */
export function promql(wanted: Wanted, name: Name, stepMs: number): string {
  const family = familyOf(wanted.kind, name);
  if (!family) throw new Error(`${Name[name]} of a ${wanted.kind} is not in Prometheus`);
  const window = `[${stepMs / 1000}s]`;
  const select = selector(wanted.ids);
  const each = meanOf(family, select, window);
  if (!wanted.summed) return scaled(each, family.factor);
  if (name !== Name.CPU) return scaled(`sum(${each})`, family.factor);
  // A share of all cores: of the hosts that were measured.
  const cores = `avg by (id) (avg_over_time(${nodeCpus}${select}${window}))`;
  return scaled(`(sum(${each} * ${cores}) / sum(${cores} and ${each}))`, family.factor);
}

function meanOf({ name, type }: Family, select: string, window: string): string {
  return type === "counter"
    ? `sum by (id) (rate(${name}${select}${window}))`
    : `avg by (id) (avg_over_time(${name}${select}${window}))`;
}

function scaled(query: string, factor = 1): string {
  return factor === 1 ? query : `${query} * ${factor}`;
}

/** An id of ours is a UUID; whatever else came here is quoted, once for RE2 and once for PromQL. */
function selector(ids: readonly string[]): string {
  const [only = ""] = ids;
  if (ids.length === 1) return `{id=${quoted(only)}}`;
  return `{id=~${quoted(ids.map((id) => id.replaceAll(/[\\.+*?()|[\]{}^$]/g, "\\$&")).join("|"))}}`;
}

function familyOf(kind: RecordedKind, name: Name): Family | undefined {
  return (families[kind] as readonly Family[]).find(({ metric }) => metric === name);
}
