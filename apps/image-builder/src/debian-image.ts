import type { ImageCache, Ingredients } from "./image-cache.ts";
export async function debianImage(_cache: ImageCache): Promise<Ingredients> {
  throw new Error("x");
}
