import { volumeSuite } from "@limiquantix/node/suites";
import { afterAll, beforeAll, describe } from "vitest";
import { filePoolFixture, mountedFileSystem, unmount } from "../testing/file-pool-fixture.ts";

// The whole list on one file system. Where blocks are shared, the cases that share them, and a full pool: its room is
// reckoned otherwise.
describe.each([
  { on: "ext4", make: ["mkfs.ext4", "-q"] },
  {
    on: "XFS with shared blocks",
    make: ["mkfs.xfs", "-q", "-m", "reflink=1"],
    only: ["images", "copies", "clones", "pool"],
  },
] as const)("a pool of files on $on", ({ on, make, ...groups }) => {
  let fileSystem: string;

  beforeAll(async () => {
    fileSystem = await mountedFileSystem(make);
  });

  afterAll(() => unmount(fileSystem));

  volumeSuite(on, () => filePoolFixture(fileSystem), groups);
});
