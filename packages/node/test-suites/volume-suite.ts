import { afterEach, beforeEach, describe } from "vitest";
import { VolumeBench, type VolumeFixture } from "./volume/bench.ts";
import { cloneCases } from "./volume/clones.ts";
import { copyCases } from "./volume/copies.ts";
import { imageCases } from "./volume/images.ts";
import { layerCases } from "./volume/layers.ts";
import { poolCases } from "./volume/pool.ts";
import { restartCases } from "./volume/restarts.ts";
import { sharedCases } from "./volume/shared.ts";
import { snapshotCases } from "./volume/snapshots.ts";
import { volumeCases } from "./volume/volumes.ts";

export type { VolumeFixture } from "./volume/bench.ts";

const groups = {
  volumes: volumeCases,
  images: imageCases,
  copies: copyCases,
  snapshots: snapshotCases,
  clones: cloneCases,
  layers: layerCases,
  pool: poolCases,
  restarts: restartCases,
  shared: sharedCases,
};

/**
 * What every VolumeBackend must do the same way. No case is left out: where `capabilities` says no, it asserts that the
 * backend says so too, and why. `only`: for storage that is slow to test, where the same code passes all cases elsewhere.
 */
export function volumeSuite(
  name: string,
  open: () => Promise<VolumeFixture>,
  { only = Object.keys(groups) as (keyof typeof groups)[] }: { only?: readonly (keyof typeof groups)[] } = {},
): void {
  describe(`VolumeBackend: ${name}`, () => {
    let bench: VolumeBench;

    beforeEach(async () => {
      bench = new VolumeBench(await open());
    });

    afterEach(() => bench.close());

    for (const group of only) groups[group](() => bench);
  });
}
