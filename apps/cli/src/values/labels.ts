import { UsageError } from "../usage-error.ts";

export type Labels = Record<string, string>;

/** Collects `--label key=value`, one or more times, or several with commas between. */
export function collectLabels(text: string, before: Labels = {}): Labels {
  const labels = { ...before };
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=");
    if (at < 1) throw new UsageError(`${JSON.stringify(pair)} is no label`, "Write it as key=value.");
    labels[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return labels;
}

export interface LabelChanges {
  add: Labels;
  remove: string[];
}

/** `key=value` sets a label, `key-` takes it away. */
export function parseLabelChanges(words: readonly string[]): LabelChanges {
  const changes: LabelChanges = { add: {}, remove: [] };
  for (const word of words) {
    if (word.includes("=")) changes.add = collectLabels(word, changes.add);
    else if (word.length > 1 && word.endsWith("-")) changes.remove.push(word.slice(0, -1));
    else
      throw new UsageError(`${JSON.stringify(word)} changes no label`, "Write key=value to set it, key- to remove it.");
  }
  return changes;
}

export function applyLabelChanges(labels: Readonly<Labels>, changes: LabelChanges): Labels {
  const result = { ...labels, ...changes.add };
  for (const key of changes.remove) delete result[key];
  return result;
}

/** `app=web,tier=front`, sorted by key. */
export function formatLabels(labels: Readonly<Labels>): string {
  return Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** For options that may be given more than once. */
export function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
