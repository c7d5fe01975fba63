import { expandPrivilege } from "@limiquantix/api";
import { UsageError } from "../../usage-error.ts";

/** `vm.view,vm.power` and repeated flags: each pattern once. Throws a UsageError for one that stands for nothing. Pure. */
export function parsePatterns(words: readonly string[]): string[] {
  const patterns = words.flatMap((word) => word.split(",")).map((word) => word.trim());
  for (const pattern of patterns) {
    if (expandPrivilege(pattern).length === 0)
      throw new UsageError(
        `${JSON.stringify(pattern)} is no privilege`,
        "`lqx privilege ls` shows them; vm.* is all of a kind.",
      );
  }
  return [...new Set(patterns)];
}

export interface PatternChanges {
  privilege?: string[];
  add?: string[];
  remove?: string[];
}

/** What a role has after an edit; undefined where no flag is about that. Pure. */
export function changedPatterns(before: readonly string[], changes: PatternChanges): string[] | undefined {
  if (!changes.privilege && !changes.add && !changes.remove) return undefined;
  const start = changes.privilege ? parsePatterns(changes.privilege) : before;
  const gone = parsePatterns(changes.remove ?? []);
  const missing = gone.find((pattern) => !start.includes(pattern));
  if (missing) throw new UsageError(`the role does not have ${missing}`, `It has ${start.join(", ")}.`);
  const left = [...start, ...parsePatterns(changes.add ?? [])].filter((pattern) => !gone.includes(pattern));
  return [...new Set(left)];
}
