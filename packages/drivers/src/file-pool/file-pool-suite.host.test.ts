import { volumeSuite } from "@limiquantix/node/suites";
import { afterAll, beforeAll, describe } from "vitest";
import { filePoolFixture, mountedFileSystem, unmount } from "../testing/file-pool-fixture.ts";

describe.each([
  ["ext4", ["mkfs.ext4", "-q"]],
  ["XFS with shared blocks", ["mkfs.xfs", "-q", "-m", "reflink=1"]],
] as const)("a pool of files on %s", (name, make) => {
  let fileSystem: string;

  beforeAll(async () => {
    fileSystem = await mountedFileSystem(make);
  });

  afterAll(() => unmount(fileSystem));

  volumeSuite(name, () => filePoolFixture(fileSystem));
});
