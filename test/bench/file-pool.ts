import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { tmpdir } from "node:os";
import { ImageSpec_Format } from "@limiquantix/api";
import { FilePool } from "@limiquantix/drivers";
import { GIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import type { VolumeOrigin } from "@limiquantix/node";
import { type Bench, type Figure, quantile, timings } from "./figure.ts";

const run = promisify(execFile);
const IMAGE_BYTES = 100 * GIB;
const work = () => ({ signal: new AbortController().signal, onProgress: () => {} });

/** Clones of a (sparse) image of 100 GiB and snapshots of a volume that is off, against qemu-img(1) and cp(1) by hand. */
export const filePool: Bench = {
  name: "file-pool",
  needsLibvirt: true,
  async run(size) {
    const times = size === "full" ? 30 : 3;
    const directory = await mkdtemp(join(tmpdir(), "lqx-bench-"));
    try {
      const overlays = await measure(join(directory, "plain"), times, "overlay");
      return [...overlays, ...(await onXfs(directory, (root) => measure(root, times, "reflink")))];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function measure(directory: string, times: number, how: "overlay" | "reflink"): Promise<Figure[]> {
  const root = join(directory, "pool");
  const pool = await FilePool.open({ pool: "local", root, clock: systemClock, log: silentLog });
  const imageId = newId();
  const path = join(root, "images", `${imageId}.qcow2`);
  await run("qemu-img", ["create", "-q", "-f", "qcow2", path, String(IMAGE_BYTES)]);
  await run("qemu-io", ["-f", "qcow2", "-c", "write -P 1 0 64M", "-c", "write -P 2 50G 16M", path]);
  const image = {
    imageId,
    path,
    format: ImageSpec_Format.QCOW2,
    sizeBytes: 0,
    virtualSizeBytes: IMAGE_BYTES,
    sha256: "",
  };
  const make = async (from: VolumeOrigin) =>
    (await pool.ensureVolume({ volumeId: newId(), sizeBytes: IMAGE_BYTES, thick: false, from, ...work() })).volumeId;
  const byHand = () => join(directory, `${newId()}.qcow2`);

  const figures: Figure[] = [];
  const compare = async (name: string, against: string, ours: () => Promise<unknown>, bare: () => Promise<unknown>) => {
    const [a, b] = [await timings(ours, times), await timings(bare, times)];
    figures.push(
      ...([0.5, 0.99] as const).map((q) => ({
        name: `${name}, p${q * 100}`,
        unit: "ms",
        ours: quantile(a, q),
        bare: quantile(b, q),
        against,
        aim: "≤ 200 ms",
      })),
    );
  };
  if (how === "overlay") {
    const overlay = ["create", "-q", "-f", "qcow2", "-b", path, "-F", "qcow2"];
    await compare(
      "clone of a 100 GiB image by overlay",
      "qemu-img create -b",
      () => make({ kind: "image", image }),
      () => run("qemu-img", [...overlay, byHand()]),
    );
    const volumeId = await make({ kind: "image", image });
    const last: string[] = [];
    await compare(
      "snapshot of a volume that is off",
      "qemu-img create -b",
      async () => {
        last.push(newId());
        await pool.snapshots.create(volumeId, last.at(-1)!);
      },
      () => run("qemu-img", [...overlay, byHand()]),
    );
    const [source, snapshotId] = [volumeId, last.at(-1)!];
    await compare(
      "linked clone of a snapshot",
      "qemu-img create -b",
      () => make({ kind: "linked", volumeId: source, snapshotId }),
      () => run("qemu-img", [...overlay, byHand()]),
    );
  } else {
    const volumeId = await make({ kind: "source", source: { kind: "file", path, format: "qcow2" } });
    const source = join(root, "volumes", `${volumeId}.qcow2`);
    await compare(
      "full clone of a 100 GiB volume by shared blocks",
      "cp --reflink",
      () => make({ kind: "volume", volumeId }),
      () => run("cp", ["--reflink=always", source, byHand()]),
    );
  }
  return figures;
}

/** On a file system that shares blocks between files, in a file. */
async function onXfs(directory: string, work: (root: string) => Promise<Figure[]>): Promise<Figure[]> {
  const [image, root] = [join(directory, "xfs.img"), join(directory, "xfs")];
  await run("truncate", ["-s", "4G", image]);
  await run("mkfs.xfs", ["-q", "-m", "reflink=1", image]);
  await run("mkdir", [root]);
  await run("mount", ["-o", "loop", image, root]);
  try {
    return await work(root);
  } finally {
    await run("umount", ["-l", root]);
  }
}
