import { problem, Reason } from "@limiquantix/api";
import { parseSshKey } from "@limiquantix/kit";

/** Throws SSH_KEY_INVALID for the first key that no SSH server would take, and for one that is there twice. */
export function checkSshKeys(keys: readonly string[]): void {
  const seen = new Map<string, number>();
  for (const [i, line] of keys.entries()) {
    const index = String(i + 1);
    const parsed = parseSshKey(line);
    if ("why" in parsed) throw problem(Reason.SSH_KEY_INVALID, { index, why: parsed.why });
    const other = seen.get(parsed.body);
    if (other !== undefined) throw problem(Reason.SSH_KEY_INVALID, { index, why: `it is key ${other + 1} again` });
    seen.set(parsed.body, i);
  }
}
