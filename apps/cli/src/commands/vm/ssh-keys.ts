import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../usage-error.ts";

export interface SshKeys {
  keys: string[];
  /** Files that were taken without being named, to be told to the person. */
  found: string[];
}

/** Keys from files or given outright; ~/.ssh/id_*.pub when none is named, nothing with `--no-ssh-key`. */
export async function readSshKeys(
  named: readonly string[] | false | undefined,
  { home, search }: { home: string; search: boolean },
): Promise<SshKeys> {
  if (named === false) return { keys: [], found: [] };
  if (named && named.length > 0) {
    const keys = await Promise.all(
      named.map((one) => (isKey(one) ? [one.trim()] : readKeyFile(expandHome(one, home)))),
    );
    return { keys: keys.flat(), found: [] };
  }
  if (!search) return { keys: [], found: [] };
  const found = await ownKeyFiles(join(home, ".ssh"));
  const keys = await Promise.all(found.map(readKeyFile));
  return { keys: [...new Set(keys.flat())], found };
}

async function ownKeyFiles(directory: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^id_.*\.pub$/.test(name))
    .toSorted()
    .map((name) => join(directory, name));
}

async function readKeyFile(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `the SSH key cannot be read: ${(error as Error).message}`,
      "Name a .pub file, or paste the key.",
    );
  }
  return keysIn(text, path);
}

/** The lines of a .pub or authorized_keys file. A private key is refused before it goes anywhere. */
export function keysIn(text: string, path: string): string[] {
  if (text.includes("PRIVATE KEY")) {
    throw new UsageError(`${path} is a private key, which stays with you`, `Name its public half: ${path}.pub.`);
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** A key rather than a file: its type and a space. */
function isKey(text: string): boolean {
  return /^(ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+\s+\S/.test(text.trim());
}

/** `--ssh-key=~/.ssh/id.pub`: the shell leaves the tilde there alone. */
function expandHome(path: string, home: string): string {
  return path.startsWith("~/") ? join(home, path.slice(2)) : path;
}
