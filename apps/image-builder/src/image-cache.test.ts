import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ensureImage, type Ingredients, openCache } from "./image-cache.ts";

let folder: string;
let asked: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "image-cache-"));
  asked = [];
});
afterEach(() => rm(folder, { recursive: true }));

const image = (quick: string, exact: string): Ingredients => ({
  name: "tiny",
  quick,
  exact: async () => {
    asked.push("exact");
    return exact;
  },
  build: async (path) => {
    asked.push("build");
    await writeFile(path, exact);
  },
});

it("builds once, then answers without asking what exactly is in it", async () => {
  const cache = openCache(folder);
  const first = await ensureImage(cache, image("lists-1", "a"));
  expect(await ensureImage(cache, image("lists-1", "a"))).toBe(first);
  expect(asked).toEqual(["exact", "build"]);
  expect(await readFile(first, "utf8")).toBe("a");
});

it("does not build again when only the package lists moved", async () => {
  const cache = openCache(folder);
  const first = await ensureImage(cache, image("lists-1", "a"));
  expect(await ensureImage(cache, image("lists-2", "a"))).toBe(first);
  expect(asked).toEqual(["exact", "build", "exact"]);
});

it("replaces the image when a part changed", async () => {
  const cache = openCache(folder);
  await ensureImage(cache, image("lists-1", "a"));
  const second = await ensureImage(cache, image("lists-2", "b"));
  expect(await readFile(second, "utf8")).toBe("b");
  expect((await readdir(folder)).filter((file) => file.endsWith(".qcow2"))).toHaveLength(1);
});

it("leaves nothing behind when a build fails", async () => {
  const failing = { ...image("x", "y"), build: () => Promise.reject(new Error("disk full")) };
  await expect(ensureImage(openCache(folder), failing)).rejects.toThrow("disk full");
  expect(await readdir(folder)).toEqual([]);
});
