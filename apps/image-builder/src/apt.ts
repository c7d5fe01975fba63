import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

/** One package file as apt would fetch it. The digest pins its content. */
export interface DebFile {
  readonly fileName: string;
  readonly digest: string;
}

/** What the machine's apt knows changes only when its package lists do; this names their state in a millisecond. */
export async function aptState(): Promise<string> {
  const folder = "/var/lib/apt/lists";
  const names = (await readdir(folder))
    .filter((name) => name.includes("_Packages") || name.includes("InRelease"))
    .toSorted();
  const states = await Promise.all(names.map(async (name) => `${name} ${(await stat(join(folder, name))).mtimeMs}`));
  return states.join("\n");
}

/** The files of packages, at the versions that this machine's apt would install. */
export async function findDebs(packages: readonly string[]): Promise<DebFile[]> {
  return parsePrintUris(await run("apt-get", [...sandbox, "--print-uris", "download", ...packages]));
}

/** Downloads packages into `folder`, without those that lie there already. */
export async function downloadDebs(packages: readonly string[], folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // apt-get has no option for the target of a download but its working directory.
  await run("sh", ["-c", 'cd "$0" && exec apt-get -q "$@"', folder, ...sandbox, "download", ...packages]);
}

// Downloads run as root otherwise print a warning for each folder that the user _apt cannot write.
const sandbox = ["-o", "APT::Sandbox::User=root"];

/** Lines of `apt-get --print-uris`: 'URI' FILE SIZE HASH. */
export function parsePrintUris(output: string): DebFile[] {
  return output.split("\n").flatMap((line) => {
    const match = /^'[^']+' (\S+\.deb) \d+ (\S+)$/.exec(line.trim());
    return match ? [{ fileName: match[1] ?? "", digest: match[2] ?? "" }] : [];
  });
}

/** The shared libraries' packages that `packages` need, directly or through other libraries. */
export async function libraryClosure(packages: readonly string[]): Promise<string[]> {
  const only = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map((kind) => `--no-${kind}`);
  const graph = parseDepends(await run("apt-cache", ["depends", "--recurse", ...only, ...packages]));
  return librariesOf(graph, packages);
}

/** Reads `apt-cache depends`: a package at the margin, its dependencies indented; `<x>` is a virtual package. */
export function parseDepends(output: string): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  let dependencies: string[] = [];
  for (const line of output.split("\n")) {
    const dependency = /^[ |]+(?:Pre)?Depends: ([^<\s]+)$/.exec(line)?.[1];
    if (dependency) dependencies.push(dependency);
    else if (/^[^\s<|]/.test(line)) graph.set(line.trim(), (dependencies = []));
  }
  return graph;
}

/** Walks from `roots` through packages that are shared libraries by their name, and through no others. */
export function librariesOf(graph: ReadonlyMap<string, readonly string[]>, roots: readonly string[]): string[] {
  const found = new Set<string>();
  const queue = [...roots];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const dependency of graph.get(name) ?? []) {
      if (!/^(lib|zlib)/.test(dependency) || /-(perl|common)$/.test(dependency) || found.has(dependency)) continue;
      found.add(dependency);
      queue.push(dependency);
    }
  }
  return [...found].toSorted();
}

/** The package that a metapackage such as linux-image-cloud-amd64 stands for today. */
export async function resolveMetapackage(name: string, pattern: RegExp): Promise<string> {
  const graph = parseDepends(await run("apt-cache", ["depends", name]));
  const target = graph.get(name)?.find((dependency) => pattern.test(dependency));
  if (!target) throw new Error(`apt knows no package behind ${name}; run apt-get update`);
  return target;
}

/** Where this machine fetches Debian from, and Debian's security updates when it does. */
export async function mirrors(): Promise<{ main: string; security: string | undefined }> {
  const format = "$(REPO_URI) $(CODENAME) $(COMPONENT)";
  const targets = (await run("apt-get", ["indextargets", "--format", format, "Created-By: Packages"])).split("\n");
  const uriOf = (codename: RegExp): string | undefined => {
    const line = targets.find((target) => codename.test(target.split(" ")[1] ?? "") && target.endsWith(" main"));
    return line?.split(" ")[0]?.replace(/\/$/, "");
  };
  const main = uriOf(/^(bookworm|trixie)$/);
  if (!main) throw new Error("apt has no package list of Debian; run apt-get update");
  return { main, security: uriOf(/^(bookworm|trixie)-security$/) };
}
