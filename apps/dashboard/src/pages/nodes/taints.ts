import { create } from "@bufbuild/protobuf";
import { Taint_Effect, TaintSchema, type Taint } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";

const s = strings.nodes.edit;
const key = /^[a-zA-Z0-9]([a-zA-Z0-9._/-]{0,61}[a-zA-Z0-9])?$/;

export type Parsed<T> = { value: T; error?: undefined } | { error: string };

/** key=value:EFFECT, and without a value key:EFFECT. */
export function taintText(taint: Taint): string {
  return `${taint.key}${taint.value ? `=${taint.value}` : ""}:${Taint_Effect[taint.effect]}`;
}

/** One a line. Pure. */
export function parseTaints(text: string): Parsed<Taint[]> {
  const value: Taint[] = [];
  for (const line of lines(text)) {
    const match = /^([^=:]+)(?:=([^:]*))?:([A-Z_]+)$/.exec(line);
    const effect = match?.[3] ? Taint_Effect[match[3] as keyof typeof Taint_Effect] : undefined;
    if (!match?.[1] || !key.test(match[1]) || !effect) return { error: s.badTaint(line) };
    value.push(create(TaintSchema, { key: match[1], value: match[2] ?? "", effect }));
  }
  return { value };
}

/** One a line: key=value. Pure. */
export function parseLabels(text: string): Parsed<Record<string, string>> {
  const value: Record<string, string> = {};
  for (const line of lines(text)) {
    const at = line.indexOf("=");
    const name = at < 0 ? "" : line.slice(0, at).trim();
    if (!key.test(name)) return { error: s.badLabel(line) };
    value[name] = line.slice(at + 1).trim();
  }
  return { value };
}

export function labelsText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}
