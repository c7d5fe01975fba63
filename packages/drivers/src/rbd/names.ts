import { checkedId } from "../file-pool/pool-paths.ts";
import { newId } from "@limiquantix/kit";

/**
 * What is what in a pool. Snapshots of volumes are named by their ids.
 *
 *     lqx-volume-<volumeId>
 *     lqx-image-<imageId>@base          golden copy of an image, which volumes are clones of
 *     lqx-seed-<vmId>
 *     lqx-new-volume-<volumeId>         on its way; of an attempt before, where nobody works on it
 *     lqx-new-image-<imageId>-<random>  the same; also a golden copy that is being removed
 *     lqx-new-seed-<vmId>-<random>
 */
export type ImageKind = "volume" | "image" | "seed";

export interface KnownName {
  kind: ImageKind;
  ownerId: string;
  isNew: boolean;
}

export const BASE = "base";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const OURS = new RegExp(`^lqx-(new-)?(volume|image|seed)-(${UUID})(-${UUID})?$`);

/** Undefined: not ours. */
export function parseName(name: string): KnownName | undefined {
  const [, isNew, kind, ownerId = "", random] = OURS.exec(name) ?? [];
  if (!kind || (random && !isNew)) return undefined;
  return { kind: kind as ImageKind, ownerId, isNew: isNew !== undefined };
}

export function isOurSnapshot(name: string): boolean {
  return new RegExp(`^${UUID}$`).test(name);
}

export const volumeName = (volumeId: string) => `lqx-volume-${checkedId(volumeId, "volume_id")}`;
export const newVolumeName = (volumeId: string) => `lqx-new-volume-${volumeId}`;
export const imageName = (imageId: string) => `lqx-image-${checkedId(imageId, "image_id")}`;
/** Two hosts may be at it at once. */
export const newImageName = (imageId: string) => `lqx-new-image-${imageId}-${newId()}`;
export const seedName = (vmId: string) => `lqx-seed-${checkedId(vmId, "vm_id")}`;
export const newSeedName = (vmId: string) => `lqx-new-seed-${vmId}-${newId()}`;
/** Of the object that says which host has a volume; no RBD image. */
export const ownerObject = (volumeId: string) => `lqx-owner-${volumeId}`;
