import { create } from "@bufbuild/protobuf";
import { type PoolCapabilities, PoolCapabilitiesSchema } from "@limiquantix/api";

export const lvmThinCapabilities: PoolCapabilities = create(PoolCapabilitiesSchema, {
  shared: false,
  images: false,
  snapshots: true,
  linkedClones: true,
  instantClones: true,
  thin: true,
  onlineResize: true,
  discard: true,
  dirtyBitmaps: false,
  // Of VMs on the one host that has it.
  sharedDisks: true,
  unsupported: {
    shared: "one host has a thin pool of LVM at a time",
    images: "image files are kept in the host's own pool, and copied here once each",
    dirty_bitmaps: "a logical volume has no place for a bitmap",
  },
});
