import { utf8ToBytes } from "@noble/hashes/utils.js";

/**
 * A distinguished name (RFC 4514) in a form that is equal for names that mean the same: without blanks around its
 * parts, in lower case, and every character written in one way.
 */
export function comparableDn(dn: string): string {
  return splitDn(dn)
    .map((part) => part.toLowerCase())
    .join("\n");
}

/** `CN=a\2C b, DC=x` → ["CN=a, b", "DC=x"]. */
function splitDn(dn: string): string[] {
  const parts: string[] = [];
  let bytes: number[] = [];
  /** What is behind it is kept though it be a blank: it was escaped. */
  let keep = 0;
  const end = () => {
    const kept = bytes.slice(0, keep);
    const rest = new TextDecoder().decode(Uint8Array.from(bytes.slice(keep))).trimEnd();
    const text = new TextDecoder().decode(Uint8Array.from(kept)) + rest;
    parts.push(text.trimStart().replace(/^([\w.-]+)\s*=\s*/, "$1="));
    [bytes, keep] = [[], 0];
  };
  for (const token of dn.match(/\\[0-9a-fA-F]{2}|\\?[^]/gu) ?? []) {
    if (token === "," || token === ";") {
      end();
      continue;
    }
    if (token.length === 3 && token.startsWith("\\")) bytes.push(Number.parseInt(token.slice(1), 16));
    else bytes.push(...utf8ToBytes(token.startsWith("\\") ? token.slice(1) : token));
    if (token.startsWith("\\")) keep = bytes.length;
  }
  end();
  return parts;
}
