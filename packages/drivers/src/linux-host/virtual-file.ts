import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Reads files of /proc and /sys below a root that a test can choose. */
export class HostFiles {
  readonly #root: string;

  constructor(root = "/") {
    this.#root = root;
  }

  /** Trimmed; undefined when the kernel has no such file, or refuses to answer (a link that is down has no speed). */
  async find(path: string): Promise<string | undefined> {
    try {
      return (await readFile(join(this.#root, path), "utf8")).trim();
    } catch {
      return undefined;
    }
  }

  async text(path: string): Promise<string> {
    return (await this.find(path)) ?? "";
  }

  /** 0 where there is no number. */
  async number(path: string): Promise<number> {
    const value = Number(await this.find(path));
    return Number.isFinite(value) ? value : 0;
  }

  async list(path: string): Promise<string[]> {
    try {
      return (await readdir(join(this.#root, path))).toSorted();
    } catch {
      return [];
    }
  }
}

/** `0-3,8` → [0, 1, 2, 3, 8]: the kernel's lists of CPUs. */
export function parseList(text: string): number[] {
  return text
    .split(",")
    .filter((part) => part !== "")
    .flatMap((part) => {
      const [first = 0, last = first] = part.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}
