export { ImageCache } from "./cache.ts";
export type { ImageDistribution } from "./distribution.ts";
export { Distributor } from "./distributor.ts";
export { webFetcher, type Fetcher } from "./fetcher.ts";
export { ImageReconciler } from "./reconcile.ts";
export { imageService } from "./service.ts";
export { Uploads } from "./upload.ts";
