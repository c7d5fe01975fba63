import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { create } from "@bufbuild/protobuf";
import { ImageSpec_Format, StoragePoolSpec_Backend, StoragePoolSpecSchema } from "@limiquantix/api";
import { RbdOpener } from "@limiquantix/drivers/rbd";
import { GIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import { type Bench, type Figure, quantile, timings } from "./figure.ts";

const run = promisify(execFile);
const lab = join(import.meta.dirname, "../../tools/lab/ceph");
const IMAGE_BYTES = 100 * GIB;

/** A volume of a (sparse) image of 100 GiB in a real Ceph, against rbd(8) by hand. */
export const rbdClone: Bench = {
  name: "rbd-clone",
  needsLibvirt: true,
  async run(size) {
    const times = size === "full" ? 30 : 3;
    const directory = await mkdtemp(join(tmpdir(), "lqx-bench-"));
    const cluster = join(directory, "cluster");
    try {
      const { stdout } = await run(lab, ["up", cluster]);
      return await measure(directory, JSON.parse(stdout) as Cluster, times);
    } finally {
      await run(lab, ["down", cluster]);
      await rm(directory, { recursive: true, force: true });
    }
  },
};

interface Cluster {
  conf: string;
  monitor: string;
  pool: string;
  user: string;
  key: string;
}

async function measure(directory: string, cluster: Cluster, times: number): Promise<Figure[]> {
  const { conf, monitor, pool, user, key } = cluster;
  const opener = new RbdOpener({
    host: newId(),
    secrets: { set: async () => {}, delete: async () => {} },
    keyFiles: new Map(),
    clock: systemClock,
    log: silentLog,
    runtimeDirectory: join(directory, "run"),
  });
  const spec = create(StoragePoolSpecSchema, {
    backend: StoragePoolSpec_Backend.CEPH_RBD,
    config: { case: "rbd", value: { monitors: [monitor], pool, user, key } },
  });
  await using backend = await opener.open(newId(), spec);
  const path = join(directory, "image.qcow2");
  await run("qemu-img", ["create", "-q", "-f", "qcow2", path, String(IMAGE_BYTES)]);
  await run("qemu-io", ["-f", "qcow2", "-c", "write -P 1 0 64M", "-c", "write -P 2 50G 16M", path]);
  const format = ImageSpec_Format.QCOW2;
  const image = { imageId: newId(), path, format, sizeBytes: 0, virtualSizeBytes: IMAGE_BYTES, sha256: "" };
  const ours = () =>
    backend.ensureVolume({
      volumeId: newId(),
      sizeBytes: IMAGE_BYTES,
      thick: false,
      from: { kind: "image", image },
      signal: new AbortController().signal,
      onProgress: () => {},
    });
  // Makes the golden copy, which is made once.
  await ours();
  const golden = `${pool}/lqx-image-${image.imageId}@base`;
  const clone = ["-c", conf, "clone", "--rbd-default-clone-format", "2", golden];
  const bare = () => run("rbd", [...clone, `${pool}/${newId()}`]);
  const [a, b] = [await timings(ours, times), await timings(bare, times)];
  return [0.5, 0.99].map((q) => ({
    name: `clone of a 100 GiB image in Ceph, p${q * 100}`,
    unit: "ms",
    ours: quantile(a, q),
    bare: quantile(b, q),
    against: "rbd clone",
    aim: "≤ 200 ms",
  }));
}
