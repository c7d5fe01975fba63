import { ImageSpec_Format, StoragePoolSpec_Backend } from "@limiquantix/api";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import { type VolumeFixture, volumeSuite } from "@limiquantix/node/suites";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { QemuImg } from "../file-pool/qemu-img.ts";
import { LvmModel } from "../testing/lvm-model.ts";
import { qcow2File, readDisk, writeDisk } from "../testing/qemu-io.ts";
import { groupName } from "./lv-names.ts";
import { LvmPool } from "./lvm-pool.ts";
import type { QemuCopies } from "./new-volume.ts";
import { VolumeGroup } from "./volume-group.ts";

const run = promisify(execFile);
const MIB = 1024 ** 2;

// The whole list on a model of LVM. On LVM itself, in a VM that is slow, one life of a volume: ../iscsi/iscsi-opener.host.test.ts.
volumeSuite("LVM thin, on a model of LVM", modelFixture);

async function modelFixture(): Promise<VolumeFixture> {
  const directory = await mkdtemp(join(tmpdir(), "lqx-lvm-"));
  const pool = newId();
  const name = groupName(pool);
  const model = new LvmModel({ directory, group: name, sizeBytes: 2048 * MIB });
  const deviceDirectory = join(directory, "dev");
  const device = async () => "/dev/model";
  const group = new VolumeGroup({ commands: model, name, systemId: "here", device, deviceDirectory });
  const open = () =>
    LvmPool.open({
      pool,
      backend: StoragePoolSpec_Backend.ISCSI,
      group,
      qemuImg: onFiles(),
      release: async () => {},
      clock: systemClock,
      log: silentLog,
    });
  const outside = async (sizeBytes: number, contents?: Uint8Array) => {
    const path = join(directory, `${newId()}.qcow2`);
    await writeFile(path, await qcow2File(sizeBytes, contents));
    return path;
  };
  return {
    backend: await open(),
    reopen: open,
    qcow2: qcow2File,
    async image(virtualSizeBytes, contents) {
      const path = await outside(virtualSizeBytes, contents);
      return { imageId: newId(), path, format: ImageSpec_Format.QCOW2, sizeBytes: 0, virtualSizeBytes, sha256: "" };
    },
    outside: async (sizeBytes, contents) => ({
      kind: "file",
      path: await outside(sizeBytes, contents),
      format: "qcow2",
    }),
    write: writeDisk,
    read: readDisk,
    async fill() {
      const { totalBytes, usedBytes } = await (await open()).capacity();
      const sizeBytes = Math.floor(Number(totalBytes - usedBytes) / MIB - 6) * MIB;
      await group.create({ name: "filler", sizeBytes });
      await group.activate("filler");
      await run("fallocate", ["-l", String(sizeBytes), group.path("filler")]);
      return () => group.remove(["filler"]);
    },
    async foreign() {
      await group.create({ name: "somebodys", sizeBytes: 8 * MIB });
      return "somebodys";
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A device of the model is a file. */
function onFiles(): QemuCopies {
  const qemuImg = new QemuImg();
  return {
    virtualSizeBytes: (from) => qemuImg.virtualSizeBytes(from),
    fill: (from, to, options) => qemuImg.fill(from, to.replace("host_device", "file"), options),
  };
}
