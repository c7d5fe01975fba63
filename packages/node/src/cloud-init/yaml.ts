import { problem, Reason } from "@limiquantix/api";
import { parse, stringify } from "yaml";

export type YamlMap = { [key: string]: unknown };

/**
 * Reads and writes YAML 1.1, which is what cloud-init (PyYAML) speaks: in 1.2 an unquoted 0644 or yes would change its
 * meaning on the way through. `part` names the text in errors. Throws CLOUD_INIT_INVALID.
 */
export function parseYamlMap(text: string, part: string): YamlMap {
  let value: unknown;
  try {
    value = parse(text, { version: "1.1", maxAliasCount: 100, logLevel: "error" });
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw problem(Reason.CLOUD_INIT_INVALID, { part, why }, { cause });
  }
  if (value === null || value === undefined) return {};
  if (!isMap(value)) throw problem(Reason.CLOUD_INIT_INVALID, { part, why: "it is not a map of keys and values" });
  return value;
}

/** Block style, no folded lines: small readers in test guests cope with it too. */
export function printYaml(value: YamlMap): string {
  return stringify(value, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
}

export function isMap(value: unknown): value is YamlMap {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
