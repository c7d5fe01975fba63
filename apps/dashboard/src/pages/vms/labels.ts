import { strings } from "../../strings/index.ts";

export type Labels = Record<string, string>;

const keyForm = /^[a-zA-Z0-9]([a-zA-Z0-9._/-]{0,61}[a-zA-Z0-9])?$/;
const s = strings.vm.settings;

/** env=prod on each line, in the order of the keys. */
export function labelsText(labels: Readonly<Labels>): string {
  return Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join("\n");
}

/** What the lines say, or what is wrong with the first that is wrong. */
export function parseLabels(text: string): { labels: Labels } | { fault: string } {
  const labels: Labels = {};
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const at = line.indexOf("=");
    if (at < 0) return { fault: s.labelForm(i + 1) };
    const [key, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    if (!keyForm.test(key)) return { fault: s.labelKey(key || line.trim()) };
    if (Object.hasOwn(labels, key)) return { fault: s.labelTwice(key) };
    labels[key] = value;
  }
  return { labels };
}
