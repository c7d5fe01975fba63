import { createHash, type Hash } from "node:crypto";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Built images, each under a name that holds a digest of all that went into it. */
export interface ImageCache {
  readonly folder: string;
  /** Downloaded packages, kept over builds. */
  readonly packages: string;
}

export function openCache(folder: string): ImageCache {
  return { folder, packages: join(folder, "packages") };
}

/** What an image is made from: everything that could make tomorrow's image differ from today's. */
export interface Ingredients {
  readonly name: string;
  /** A fast answer to "may anything have changed?", such as the state of apt's lists. */
  readonly quick: string;
  /** The exact parts, such as digests of packages; asked only when `quick` changed. */
  exact(): Promise<string>;
  /** Of the image's name: ".qcow2", or "" for an image that is a folder. */
  readonly extension?: string;
  /** Writes the image to `path`; `scratch` is an empty folder that is removed afterwards. */
  build(path: string, scratch: string): Promise<void>;
}

/** The path of the image, built now when the cache has none of these ingredients. */
export async function ensureImage(cache: ImageCache, ingredients: Ingredients, force = false): Promise<string> {
  await mkdir(cache.folder, { recursive: true });
  const pointer = join(cache.folder, `${ingredients.name}.current`);
  const quick = digest((hash) => hash.update(ingredients.quick));
  const [knownQuick, knownFile = ""] = (await readFile(pointer, "utf8").catch(() => "")).trim().split(" ");
  if (!force && knownQuick === quick && (await has(cache, knownFile))) return join(cache.folder, knownFile);

  const exact = await ingredients.exact();
  const file = `${ingredients.name}-${digest((hash) => hash.update(exact)).slice(0, 16)}${ingredients.extension ?? ".qcow2"}`;
  if (force || !(await has(cache, file))) {
    const scratch = await mkdtemp(join(cache.folder, `.${ingredients.name}-`));
    try {
      const unfinished = join(scratch, "image.qcow2");
      await ingredients.build(unfinished, scratch);
      await rename(unfinished, join(cache.folder, file));
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  await writeFile(pointer, `${quick} ${file}\n`);
  await removeOlder(cache, ingredients.name, file);
  return join(cache.folder, file);
}

async function has(cache: ImageCache, file: string): Promise<boolean> {
  return file !== "" && (await readdir(cache.folder)).includes(file);
}

async function removeOlder(cache: ImageCache, name: string, keep: string): Promise<void> {
  for (const file of await readdir(cache.folder)) {
    if (file.startsWith(`${name}-`) && file !== keep)
      await rm(join(cache.folder, file), { recursive: true, force: true });
  }
}

/** Digest of the sources that make an image, and of the folder of files that go into it. */
export async function digestRecipe(sources: readonly string[], assets: string): Promise<string> {
  const texts = await Promise.all(sources.map((file) => readFile(join(import.meta.dirname, file))));
  const code = digest((hash) => texts.forEach((text) => hash.update(text)));
  return code + (await digestFolder(assets));
}

/** Digest of every file below a folder, with its path. */
async function digestFolder(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const contents = await Promise.all(files.map((file) => readFile(file)));
  return digest((hash) =>
    files.forEach((file, index) => hash.update(file.slice(folder.length)).update(contents[index] ?? "")),
  );
}

function digest(fill: (hash: Hash) => void): string {
  const hash = createHash("sha256");
  fill(hash);
  return hash.digest("hex");
}
