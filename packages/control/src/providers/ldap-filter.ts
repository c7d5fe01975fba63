/**
 * What is wrong with a search filter, or undefined. The grammar is RFC 4515's; a placeholder stands where a value
 * does. It is strict, because a filter that a server reads in another way than we do would find somebody else.
 */
export function filterFault(filter: string, placeholder: "{username}" | "{dn}"): string | undefined {
  if (!filter.includes(placeholder)) return `must contain ${placeholder}`;
  const other = /\{[^}]*\}?/g;
  const stranger = filter.match(other)?.find((found) => found !== placeholder);
  if (stranger) return `has ${stranger}, which stands for nothing`;
  try {
    const end = readFilter(filter.replaceAll(placeholder, "x"), 0, 0);
    if (end !== filter.replaceAll(placeholder, "x").length) return "goes on after its end";
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const deepest = 32;
/** attribute, matching rule, comparison, value; values have their special characters escaped. */
const item =
  /^(?:[A-Za-z][\w-]*(?:;[\w-]+)*|\d+(?:\.\d+)+)?(?::dn)?(?::[\w.-]+)?(?:=|~=|>=|<=|:=)(?:[^()\\\0]|\\[0-9a-fA-F]{2})*$/;

/** Reads one filter in parentheses; answers where it ends. */
function readFilter(text: string, start: number, depth: number): number {
  if (depth > deepest) throw new Error("is nested too deep");
  if (text[start] !== "(") throw new Error(`has no "(" at character ${start + 1}`);
  const operator = text[start + 1];
  if (operator === "&" || operator === "|" || operator === "!") {
    let at = start + 2;
    let count = 0;
    for (; text[at] === "("; count++) at = readFilter(text, at, depth + 1);
    if (count === 0 || (operator === "!" && count > 1)) throw new Error(`has "${operator}" with ${count} filters`);
    if (text[at] !== ")") throw new Error(`has no ")" at character ${at + 1}`);
    return at + 1;
  }
  const end = text.indexOf(")", start);
  if (end < 0) throw new Error(`has a "(" at character ${start + 1} that is not closed`);
  const body = text.slice(start + 1, end);
  if (!item.test(body)) throw new Error(`has (${body}), which compares nothing`);
  return end + 1;
}
