import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./stack.ts";

/** The commands of an sh block of the README: the `index`th under a heading, a line each. */
export async function readmeCommands(heading: string, index = 0): Promise<string[]> {
  const text = await readFile(join(root, "README.md"), "utf8");
  const start = text.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`the README has no ${heading}`);
  const block = [...text.slice(start).matchAll(/```sh\n([\s\S]*?)```/g)][index]?.[1];
  if (!block) throw new Error(`the README has no sh block ${index} under ${heading}`);
  return block.trim().split("\n");
}
