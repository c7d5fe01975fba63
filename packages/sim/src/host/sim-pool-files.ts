import { create } from "@bufbuild/protobuf";
import { PoolFile_Type, PoolFileSchema, type PoolFile } from "@limiquantix/api";
import type { StoredImage } from "@limiquantix/node";
import type { SimStorage } from "./sim-storage.ts";

/** Everything in a pool; `root` is cut off from the paths of files. */
export function poolFiles(
  storage: SimStorage,
  { root, images }: { root: string; images: Iterable<StoredImage> },
): PoolFile[] {
  const within = (name: string) =>
    name.startsWith(root) ? name.slice(root.length + 1) : name.slice(name.lastIndexOf("/") + 1);
  const volumes = [...storage.volumes.values()].flatMap(({ volumeId, layers }) =>
    [...layers.keys()].map((name) =>
      create(PoolFileSchema, { path: within(name), type: PoolFile_Type.VOLUME, ownerId: volumeId }),
    ),
  );
  const imageFiles = [...images].map(({ imageId, sizeBytes }) =>
    create(PoolFileSchema, {
      path: `images/${imageId}`,
      type: PoolFile_Type.IMAGE,
      ownerId: imageId,
      sizeBytes: BigInt(sizeBytes),
    }),
  );
  const seeds = [...storage.seeds.keys()].map((vmId) =>
    create(PoolFileSchema, { path: `seeds/${vmId}.iso`, type: PoolFile_Type.SEED, ownerId: vmId }),
  );
  return [...volumes, ...imageFiles, ...seeds];
}
