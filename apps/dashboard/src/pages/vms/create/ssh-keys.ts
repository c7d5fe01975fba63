import { parseSshKey } from "@limiquantix/kit";

export interface KeyCheck {
  /** Undefined: it can be used, or is still empty. */
  fault?: string;
  type?: string;
  comment?: string;
}

/** Each key by itself, and whether it is there twice: the same key with another comment is the same key. */
export function checkKeys(lines: readonly string[]): KeyCheck[] {
  const seen = new Map<string, number>();
  return lines.map((line, i) => {
    if (line.trim() === "") return {};
    const parsed = parseSshKey(line);
    if ("why" in parsed) return { fault: parsed.why };
    const other = seen.get(parsed.body);
    if (other !== undefined) return { fault: `it is key ${other + 1} again` };
    seen.set(parsed.body, i);
    return { type: parsed.type, comment: parsed.comment };
  });
}

/** The keys in a .pub or authorized_keys file: its lines that are neither empty nor comments. */
export function keysIn(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** What was pasted into one field, one key to each: several lines are several keys. */
export function withPasted(keys: readonly string[], index: number, text: string): string[] {
  const lines = text.includes("-----BEGIN") ? [text] : keysIn(text);
  return keys.toSpliced(index, 1, ...(lines.length > 1 ? lines : [text.replaceAll(/[\r\n]+$/g, "")]));
}
