import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** Files that git knows or would take, by suffix, without generated code. */
export function sourceFiles(...suffixes: string[]): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed
    .split("\n")
    .filter((file) => suffixes.some((suffix) => file.endsWith(suffix)) && !file.includes("/gen/"))
    .filter((file) => exists(file));
}

export function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function exists(file: string): boolean {
  try {
    readFileSync(join(root, file));
    return true;
  } catch {
    return false;
  }
}
