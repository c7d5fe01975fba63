import { volumeSuite } from "@limiquantix/node/suites";
import { linstorFixture } from "../testing/linstor/linstor-fixture.ts";

// On a server of LINSTOR's API: no LINSTOR can be had for tests.
volumeSuite("LINSTOR, on a simulated controller", () => linstorFixture());
volumeSuite("LINSTOR over storage that is not thin, on a simulated controller", () => linstorFixture("LVM"), {
  only: ["volumes", "pool"],
});
