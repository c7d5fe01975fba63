import { create } from "@bufbuild/protobuf";
import { Reason, StoragePoolSpec_Backend, StoragePoolSpecSchema } from "@limiquantix/api";
import { MIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import { volumeSuite } from "@limiquantix/node/suites";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { filePoolFixture, mountedFileSystem, unmount } from "../testing/file-pool-fixture.ts";
import { temporaryDirectory } from "../testing/temporary-directory.ts";
import { type ChildLink, startChild } from "./child-link.ts";
import { RemotePool, type RemotePoolOptions } from "./remote-pool.ts";
import { serveBackend } from "./serve-backend.ts";

const children: ChildLink[] = [];

async function start(): Promise<ChildLink> {
  const child = await startChild();
  children.push(child);
  return child;
}

/** The same in this process: a new one for each restart of each case would take minutes. */
async function startHere(): Promise<ChildLink> {
  const [ours, theirs] = duplexPair();
  const served = serveBackend({ input: theirs, output: theirs }).catch(() => {});
  return {
    input: ours,
    output: ours,
    async kill() {
      ours.destroy();
      theirs.destroy();
      await served;
    },
  };
}

const killAll = () => Promise.all(children.splice(0).map((child) => child.kill()));

function openOn(root: string, more: Partial<RemotePoolOptions> = {}): Promise<RemotePool> {
  const spec = create(StoragePoolSpecSchema, {
    backend: StoragePoolSpec_Backend.LOCAL_DIR,
    config: { case: "localDir", value: { path: root } },
  });
  const { pool = newId() } = more;
  return RemotePool.open({
    pool,
    order: { kind: "local-dir", pool, spec },
    start,
    clock: systemClock,
    log: silentLog,
    ...more,
  });
}

const volume = (more: object = {}) => ({
  volumeId: newId(),
  sizeBytes: 64 * MIB,
  thick: false,
  signal: new AbortController().signal,
  onProgress: () => {},
  ...more,
});

afterEach(killAll);

describe("a pool at the other end of a line", () => {
  let fileSystem: string;

  beforeAll(async () => {
    fileSystem = await mountedFileSystem(["mkfs.xfs", "-q", "-m", "reflink=1"]);
  });

  afterAll(() => unmount(fileSystem));

  // The groups that between them send each kind of call, with progress and with an end beforehand; what is at the other
  // end passes the whole list in ../file-pool/file-pool-suite.host.test.ts.
  const only = ["volumes", "images", "copies", "layers"] as const;
  volumeSuite(
    "files at the other end of a line",
    () => {
      const pool = newId();
      return filePoolFixture(fileSystem, (root) => openOn(root, { pool, start: startHere }));
    },
    { only },
  );
});

describe("RemotePool", () => {
  it("fails what waits when its process is killed, and goes on with a new one", async () => {
    const pool = await openOn(await temporaryDirectory());
    const { volumeId } = await pool.ensureVolume(volume());
    const waiting = Promise.allSettled([1, 2, 3].map(() => pool.ensureVolume(volume())));
    await killAll();
    for (const result of await waiting)
      if (result.status === "rejected") expect(result.reason).toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
    expect(await pool.findVolume(volumeId)).toMatchObject({ volumeId });
    expect(children.length).toBe(1);
  });

  it("starts one process for all who come after the end of the last", async () => {
    const pool = await openOn(await temporaryDirectory());
    await killAll();
    await Promise.all([1, 2, 3, 4].map(() => pool.listVolumes()));
    expect(children.length).toBe(1);
  });

  it("says why it cannot be opened, and leaves no process", async () => {
    const root = await temporaryDirectory();
    await mkdir(join(root, "somebody's"));
    await expect(openOn(root)).rejects.toMatchObject({ reason: Reason.POOL_NOT_OURS });
    const [child] = children;
    expect(child?.input.destroyed || child?.input.readableEnded).toBe(true);
  });

  it("kills a process that hangs, and is back when the next one does not", async () => {
    const limits = { probeEveryMs: 50, probeMs: 1000 };
    const pool = await openOn(await temporaryDirectory(), { limits });
    const [child] = children;
    hang(child!);
    await expect(pool.listVolumes()).rejects.toMatchObject({
      reason: Reason.POOL_UNAVAILABLE,
      message: expect.stringContaining("not answered"),
    });
    expect(await pool.listVolumes()).toEqual([]);
  });

  it("is not opened when its process does not answer", async () => {
    const limits = { openMs: 300 };
    const silent = async () => {
      const child = await start();
      hang(child);
      return child;
    };
    await expect(openOn(await temporaryDirectory(), { limits, start: silent })).rejects.toMatchObject({
      reason: Reason.POOL_UNAVAILABLE,
      message: expect.stringContaining("did not open"),
    });
  });

  it("does nothing more once it was let go of", async () => {
    const pool = await openOn(await temporaryDirectory());
    await pool[Symbol.asyncDispose]();
    await expect(pool.listVolumes()).rejects.toMatchObject({ reason: Reason.POOL_UNAVAILABLE });
  });
});

/** Nothing that is said to it arrives. */
function hang({ output }: ChildLink): void {
  output.cork();
}
