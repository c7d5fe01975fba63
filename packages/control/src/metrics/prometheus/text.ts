/**
 * A string in double quotes as the text format and PromQL both want it: backslash, quote and line feed escaped
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/prometheus/latest/querying/basics/).
 */
export function quoted(text: string): string {
  if (!/[\\"\n]/.test(text)) return `"${text}"`;
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** `{id="…",name="…"}`; what is empty is left out, as it is to Prometheus. */
export function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).flatMap(([name, value]) => (value ? [`${name}=${quoted(value)}`] : []));
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

/** The two lines before a family's samples. Help is ours: no escape is needed. */
export function familyHead({ name, type, help }: { name: string; type: string; help: string }): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}
