import { create } from "@bufbuild/protobuf";
import { type PoolCapabilities, PoolCapabilitiesSchema } from "@limiquantix/api";
import type { Room } from "./places.ts";

export const NOTE = "experimental: tested against a simulated controller, never against a real one";

export const NO_SNAPSHOTS =
  "the storage pools of its resource group have no snapshots: they need LVM thin, ZFS or thin files";
export const NO_THIN = "the storage pools of its resource group are not thin";

export function linstorCapabilities({ isThin, hasSnapshots }: Room): PoolCapabilities {
  return create(PoolCapabilitiesSchema, {
    shared: true,
    images: false,
    snapshots: hasSnapshots,
    linkedClones: hasSnapshots,
    instantClones: false,
    thin: isThin,
    onlineResize: true,
    discard: isThin,
    dirtyBitmaps: false,
    sharedDisks: false,
    note: NOTE,
    unsupported: {
      images: "image files are kept in the host's own pool, and copied here once each",
      instant_clones: "what LINSTOR copies for a clone is up to the storage below, and is waited for",
      dirty_bitmaps: "a DRBD device has no place for a bitmap",
      shared_disks: "guests on two hosts would need DRBD with two primaries, which is not set up here",
      ...(!hasSnapshots && { snapshots: NO_SNAPSHOTS, linked_clones: NO_SNAPSHOTS }),
      ...(!isThin && { thin: NO_THIN, discard: NO_THIN }),
    },
  });
}
