import { create } from "@bufbuild/protobuf";
import { Reason, StoragePoolSpec_Backend, StoragePoolSpecSchema } from "@limiquantix/api";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { FilePool } from "./file-pool.ts";
import { LocalDirOpener } from "./local-dir.ts";

const opener = new LocalDirOpener({ clock: systemClock, log: silentLog });
const spec = (path: string) =>
  create(StoragePoolSpecSchema, {
    backend: StoragePoolSpec_Backend.LOCAL_DIR,
    config: { case: "localDir", value: { path } },
  });

describe("LocalDirOpener", () => {
  it("makes the directory, marks it, and opens it again as the same pool", async () => {
    const path = join(await temporaryDirectory(), "disks", "one");
    const pool = newId();
    const first = await opener.open(pool, spec(path));
    const { volumeId } = await first.ensureVolume({
      volumeId: newId(),
      sizeBytes: 1024 ** 2,
      thick: false,
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    const second = await opener.open(pool, spec(path));
    expect(second).toMatchObject({ pool, backend: StoragePoolSpec_Backend.LOCAL_DIR });
    expect((await second.listVolumes()).map((volume) => volume.volumeId)).toEqual([volumeId]);
    expect((await second.listFiles(100)).map((file) => file.path).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("takes an empty file system", async () => {
    const path = await temporaryDirectory();
    await mkdir(join(path, "lost+found"));
    await opener.open(newId(), spec(path));
  });

  it("refuses a directory that holds something else, and changes nothing in it", async () => {
    const path = await temporaryDirectory();
    await writeFile(join(path, "photo.jpg"), "x");
    await expect(opener.open(newId(), spec(path))).rejects.toMatchObject({
      reason: Reason.POOL_NOT_OURS,
      message: expect.stringContaining("photo.jpg"),
    });
    expect(await readdir(path)).toEqual(["photo.jpg"]);
  });

  it("refuses another pool's directory, a host's own pool, and what is no directory", async () => {
    const [theirs, own] = [await temporaryDirectory(), await temporaryDirectory()];
    await opener.open(newId(), spec(theirs));
    await FilePool.open({ pool: "local", root: own, clock: systemClock, log: silentLog });
    for (const path of [theirs, own, "", "/", "relative/path", "/../.."])
      await expect(opener.open(newId(), spec(path)), path).rejects.toMatchObject({ reason: Reason.POOL_NOT_OURS });
    await writeFile(join(theirs, "file"), "x");
    for (const path of [join(theirs, "file"), join(theirs, "file", "below")])
      await expect(opener.open(newId(), spec(path)), path).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
  });
});
