import { checkedId } from "../file-pool/pool-paths.ts";

/**
 * What is what among a controller's resource definitions; 48 characters at most. LINSTOR renames nothing, so none counts
 * before its property `complete` has its own name: what is copied with a clone's properties says another one's.
 *
 *     lqx-<volumeId>          as the volume was made
 *     lqx-<volumeId>-r<N>     after it was taken back to a snapshot for the Nth time; the highest one is the volume, the
 *                             others are there for the snapshots that they have
 *     lqx-img-<imageId>       golden copy of an image, whose snapshot `base` volumes are restored from
 *     lqx-seed-<vmId>
 *
 * Snapshots of volumes are `lqx-<snapshotId>`: a name begins with a letter.
 */
export type Known =
  | { kind: "volume"; ownerId: string; turn: number }
  | { kind: "image"; ownerId: string }
  | { kind: "seed"; ownerId: string };

export const BASE = "base";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
const VOLUME = new RegExp(`^lqx-(${UUID})(?:-r([1-9][0-9]{0,3}))?$`);
const OTHER = new RegExp(`^lqx-(img|seed)-(${UUID})$`);
const SNAPSHOT = new RegExp(`^lqx-(${UUID})$`);

/** Undefined: not ours. */
export function parseName(name: string): Known | undefined {
  const [, volumeId, turn = "0"] = VOLUME.exec(name) ?? [];
  if (volumeId) return { kind: "volume", ownerId: volumeId, turn: Number(turn) };
  const [, kind, ownerId] = OTHER.exec(name) ?? [];
  return ownerId ? { kind: kind === "img" ? "image" : "seed", ownerId } : undefined;
}

export function volumeName(volumeId: string, turn = 0): string {
  const name = `lqx-${checkedId(volumeId, "volume_id")}`;
  return turn === 0 ? name : `${name}-r${turn}`;
}

export const imageName = (imageId: string) => `lqx-img-${checkedId(imageId, "image_id")}`;
export const seedName = (vmId: string) => `lqx-seed-${checkedId(vmId, "vm_id")}`;
export const snapshotName = (snapshotId: string) => `lqx-${checkedId(snapshotId, "snapshot_id")}`;
/** Undefined: not ours. */
export const snapshotIdOf = (name: string) => SNAPSHOT.exec(name)?.[1];
