import { readConfig, usage } from "./config.ts";
import { debianImage } from "./debian-image.ts";
import { ensureImage, openCache } from "./image-cache.ts";
import { storageImage } from "./storage-image.ts";
import { tinyImage } from "./tiny-image.ts";

try {
  const config = readConfig(process.argv.slice(2));
  const recipe = { tiny: tinyImage, debian: debianImage, storage: storageImage }[config.image];
  if (!recipe) throw new Error(usage);
  if (process.arch !== "x64") throw new Error("images are built on x86_64 machines only");
  const cache = openCache(config.cacheFolder);
  console.log(await ensureImage(cache, await recipe(cache), config.force));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
