import { create } from "@bufbuild/protobuf";
import { type PoolCapabilities, PoolCapabilitiesSchema, problem, Reason } from "@limiquantix/api";

const KNOWN = ["layering", "exclusive-lock", "object-map", "fast-diff", "deep-flatten", "journaling"] as const;
export type ImageFeature = (typeof KNOWN)[number];
const DEFAULT: readonly ImageFeature[] = ["layering", "exclusive-lock", "object-map", "fast-diff", "deep-flatten"];
/** rbd(8): what cannot be without what. */
const NEEDS: Partial<Record<ImageFeature, ImageFeature>> = {
  "object-map": "exclusive-lock",
  "fast-diff": "object-map",
  journaling: "exclusive-lock",
};

/** Empty: the usual ones. UNSUPPORTED for what RBD does not have. */
export function imageFeatures(wanted: readonly string[]): readonly ImageFeature[] {
  if (wanted.length === 0) return DEFAULT;
  const features = wanted.map((name) => {
    const known = KNOWN.find((one) => one === name);
    if (known) return known;
    throw problem(Reason.UNSUPPORTED, { what: `the image feature ${name}`, why: `there are ${KNOWN.join(", ")}` });
  });
  for (const feature of features) {
    const needed = NEEDS[feature];
    if (needed && !features.includes(needed))
      throw problem(Reason.UNSUPPORTED, { what: `the image feature ${feature}`, why: `it needs ${needed}` });
  }
  return features;
}

export function rbdCapabilities(features: readonly ImageFeature[]): PoolCapabilities {
  const linkedClones = features.includes("layering");
  return create(PoolCapabilitiesSchema, {
    shared: true,
    images: false,
    snapshots: true,
    linkedClones,
    instantClones: false,
    thin: true,
    onlineResize: true,
    discard: true,
    dirtyBitmaps: false,
    sharedDisks: true,
    unsupported: {
      images: "image files are kept in the host's own pool, and copied here once each",
      instant_clones: "a clone of RBD shares its source's blocks until it is flattened: a full one is copied",
      dirty_bitmaps: "a raw image has no place for a bitmap",
      ...(!linkedClones && { linked_clones: "the pool's images are made without layering" }),
    },
  });
}
