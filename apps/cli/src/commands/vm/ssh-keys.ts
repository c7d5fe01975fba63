import { execFile } from "node:child_process";
import { access, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
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
      named.map(async (one) => (isKey(one) ? [one.trim()] : readKeyFile(expandHome(one, home)))),
    );
    return { keys: keys.flat(), found: [] };
  }
  if (!search) return { keys: [], found: [] };
  const found = await ownKeyFiles(join(home, ".ssh"));
  const keys = await Promise.all(found.map(readKeyFile));
  return { keys: [...new Set(keys.flat())], found };
}

/** The key that lqx made for itself, where a person has none. */
export const ownKey = (configDir: string): string => join(configDir, "id_ed25519");

/** Makes that key unless it is there; answers its public half and whether it is new. */
export async function ensureOwnKey(configDir: string): Promise<{ key: string; path: string; made: boolean }> {
  const path = ownKey(configDir);
  const made = await access(`${path}.pub`).then(
    () => false,
    () => true,
  );
  if (made) {
    await mkdir(configDir, { recursive: true, mode: 0o700 });
    const args = ["-q", "-t", "ed25519", "-N", "", "-C", "lqx", "-f", path];
    await promisify(execFile)("ssh-keygen", args).catch((cause: Error) => {
      throw new UsageError(
        `an SSH key cannot be made: ${cause.message}`,
        "Name one with --ssh-key, or set a password.",
      );
    });
  }
  const [key = ""] = await readKeyFile(`${path}.pub`);
  return { key, path, made };
}

/** The private keys that ssh is to try: the person's own as ssh would by itself, and lqx's. */
export async function identityFiles({ home, configDir }: { home: string; configDir: string }): Promise<string[]> {
  const publicKeys = [...(await ownKeyFiles(join(home, ".ssh"))), `${ownKey(configDir)}.pub`];
  const found: string[] = [];
  for (const path of publicKeys.map((file) => file.replace(/\.pub$/, ""))) {
    await access(path).then(
      () => found.push(path),
      () => {},
    );
  }
  return found;
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
