import { afterEach, beforeEach, describe } from "vitest";
import { VolumeBench, type VolumeFixture } from "./volume/bench.ts";
import { cloneCases } from "./volume/clones.ts";
import { copyCases } from "./volume/copies.ts";
import { imageCases } from "./volume/images.ts";
import { layerCases } from "./volume/layers.ts";
import { poolCases } from "./volume/pool.ts";
import { restartCases } from "./volume/restarts.ts";
import { snapshotCases } from "./volume/snapshots.ts";
import { volumeCases } from "./volume/volumes.ts";

export type { VolumeFixture } from "./volume/bench.ts";

/**
 * What every VolumeBackend must do the same way. No case is left out: where `capabilities` says no, it asserts that the
 * backend says so too, and why.
 */
export function volumeSuite(name: string, open: () => Promise<VolumeFixture>): void {
  describe(`VolumeBackend: ${name}`, () => {
    let bench: VolumeBench;

    beforeEach(async () => {
      bench = new VolumeBench(await open());
    });

    afterEach(() => bench.close());

    volumeCases(() => bench);
    imageCases(() => bench);
    copyCases(() => bench);
    snapshotCases(() => bench);
    cloneCases(() => bench);
    layerCases(() => bench);
    poolCases(() => bench);
    restartCases(() => bench);
  });
}
