import { checkedId } from "../file-pool/pool-paths.ts";

/**
 * What is what in a volume group `lqx.<pool>`. Ids are written without their hyphens: device-mapper doubles those in the
 * names of its devices, which have 127 characters at most.
 *
 *     pool                        the thin pool that all others are in
 *     volume.<volumeId>
 *     snap.<volumeId>.<snapshotId>
 *     image.<imageId>             golden copy of an image, which volumes are snapshots of
 *     seed.<vmId>
 *     new.volume.<volumeId>       not complete; so for images and seeds
 *     revert.volume.<volumeId>    a complete volume that is to take the place of the one there is
 *
 * Tags: `image=<imageId>` whose blocks a volume shares, `parent=<snap…>` the snapshot that a linked clone is over.
 */
export type LvKind = "volume" | "snap" | "image" | "seed";

export interface KnownLv {
  kind: LvKind;
  /** Of the volume, image or VM whose it is. */
  ownerId: string;
  /** `snap`. */
  snapshotId: string | undefined;
  state: "whole" | "new" | "revert";
}

export const THIN_POOL = "pool";

const HEX = "[0-9a-f]{32}";
const OURS = new RegExp(`^(?:(new|revert)\\.)?(volume|snap|image|seed)\\.(${HEX})(?:\\.(${HEX}))?$`);

/** Undefined: not ours. */
export function parseLvName(name: string): KnownLv | undefined {
  const [, state = "whole", kind, owner, snapshot] = OURS.exec(name) ?? [];
  if (!kind || !owner || (kind === "snap") !== (snapshot !== undefined)) return undefined;
  if (state === "revert" && kind !== "volume") return undefined;
  return {
    kind: kind as LvKind,
    ownerId: withHyphens(owner),
    snapshotId: snapshot && withHyphens(snapshot),
    state: state as KnownLv["state"],
  };
}

export const groupName = (pool: string) => `lqx.${hex(pool, "pool")}`;
export const groupTag = (pool: string) => `limiquantix.pool=${pool}`;
export const volumeLv = (volumeId: string) => `volume.${hex(volumeId, "volume_id")}`;
export const imageLv = (imageId: string) => `image.${hex(imageId, "image_id")}`;
export const seedLv = (vmId: string) => `seed.${hex(vmId, "vm_id")}`;
export const snapshotLv = (volumeId: string, snapshotId: string) =>
  `snap.${hex(volumeId, "volume_id")}.${hex(snapshotId, "snapshot_id")}`;
export const newLv = (name: string) => `new.${name}`;
export const revertLv = (volumeId: string) => `revert.${volumeLv(volumeId)}`;

export const imageTag = (imageId: string) => `image=${imageId}`;
export const parentTag = (snapshot: string) => `parent=${snapshot}`;

function hex(id: string, field: string): string {
  return checkedId(id, field).replaceAll("-", "");
}

function withHyphens(hexId: string): string {
  return hexId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
