import type { Verb } from "./verb.ts";

/** A line of the command tree: a noun has more entries below it, a verb does something. */
export interface Entry {
  name: string;
  summary: string;
  aliases?: string[];
  hidden?: boolean;
  nouns?: () => Promise<readonly Entry[]>;
  verb?: () => Promise<Verb>;
}
