import { create } from "@bufbuild/protobuf";
import {
  ImageSpec_Format,
  IscsiConfig_Mode,
  type StoragePoolSpec,
  StoragePoolSpecSchema,
  StoragePoolSpec_Backend,
} from "@limiquantix/api";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import type { DiskSource } from "@limiquantix/node";
import type { VolumeFixture } from "@limiquantix/node/suites";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IscsiOpener } from "../iscsi/iscsi-opener.ts";
import { CommandError, type HostCommands } from "../lvm/host-commands.ts";
import { groupName } from "../lvm/lv-names.ts";
import type { LvmPool } from "../lvm/lvm-pool.ts";
import type { QemuCopies } from "../lvm/new-volume.ts";
import { qcow2File } from "./qemu-io.ts";
import { StorageVm } from "./storage-vm.ts";
import { VmDiskIo } from "./vm-disk-io.ts";

const TARGET = "iqn.2026-01.test.limiquantix:pool";
const CHAP = { user: "lqx", password: "a-chap-secret-1" };

/** An iSCSI target with CHAP, an initiator and LVM, all in one storage VM; the driver runs here and its commands there. */
export class IscsiLab implements AsyncDisposable {
  readonly vm: StorageVm;
  /** Every command's line, as everybody on the host could see it. */
  readonly lines: string[] = [];
  readonly #directory: string;
  #opened: LvmPool | undefined;
  #diskIo: Promise<VmDiskIo> | undefined;

  private constructor(vm: StorageVm, directory: string) {
    this.vm = vm;
    this.#directory = directory;
  }

  static async up({ sizeMib = 640 } = {}): Promise<IscsiLab> {
    const vm = await StorageVm.start();
    const lab = new IscsiLab(vm, await mkdtemp(join(tmpdir(), "lqx-iscsi-")));
    const tgt = (args: string) => lab.sh(`tgtadm --lld iscsi ${args}`);
    await lab.sh("modprobe -a dm_thin_pool iscsi_tcp dm_multipath; ip link set lo up; systemctl start tgt iscsid");
    await lab.sh(`mkdir -p ${lab.#directory}`);
    await tgt(`--op new --mode target --tid 1 -T ${TARGET}`);
    await lab.addLun(1, sizeMib);
    await tgt("--op bind --mode target --tid 1 -I ALL");
    await tgt(`--op new --mode account --user ${CHAP.user} --password ${CHAP.password}`);
    await tgt(`--op bind --mode account --tid 1 --user ${CHAP.user}`);
    return lab;
  }

  async addLun(lun: number, sizeMib: number): Promise<void> {
    const path = `/var/tmp/lun${lun}.img`;
    await this.sh(
      `truncate -s ${sizeMib}M ${path}; tgtadm --lld iscsi --op new --mode logicalunit --tid 1 --lun ${lun} -b ${path}`,
    );
  }

  sh(script: string): Promise<string> {
    return this.vm.exec(["bash", "-ec", script]);
  }

  spec(
    more: Partial<{
      portals: string[];
      lun: number;
      chapPassword: string;
      target: string;
      initialize: boolean;
      mode: IscsiConfig_Mode;
    }> = {},
  ): StoragePoolSpec {
    const value = {
      portals: ["127.0.0.1:3260"],
      target: TARGET,
      lun: 1,
      chapUser: CHAP.user,
      chapPassword: CHAP.password,
      mode: IscsiConfig_Mode.LVM_THIN,
      initialize: true,
      ...more,
    };
    return create(StoragePoolSpecSchema, { backend: StoragePoolSpec_Backend.ISCSI, config: { case: "iscsi", value } });
  }

  open(pool: string, spec = this.spec(), host = "host-a"): Promise<LvmPool> {
    const opener = new IscsiOpener({
      host,
      keyFiles: new Map(),
      clock: systemClock,
      log: silentLog,
      commands: this.#commands,
      qemuImg: this.#qemuImg,
    });
    return opener.open(pool, spec);
  }

  /**
   * One case's pool on the LUN; what it leaves in the group is removed at its end, and the pool stays open for the next
   * case: a new group for each would take half a minute there.
   */
  async fixture(pool: string): Promise<VolumeFixture> {
    const group = groupName(pool);
    const open = async () => (this.#opened = await this.open(pool));
    const files: string[] = [];
    const outside = async (bytes: Uint8Array) => {
      const path = join(this.#directory, `${newId()}.qcow2`);
      // The driver looks for it here, qemu-img reads it there.
      await writeFile(path, bytes);
      await this.vm.writeFile(path, bytes);
      files.push(path);
      return path;
    };
    const lvm = (args: string) =>
      this.sh(`lvm ${args} --config 'global{system_id_source=lvmlocal} local{system_id="host-a"}'`);
    return {
      backend: this.#opened ?? (await open()),
      reopen: open,
      qcow2: qcow2File,
      image: async (virtualSizeBytes, contents) => ({
        imageId: newId(),
        path: await outside(await qcow2File(virtualSizeBytes, contents)),
        format: ImageSpec_Format.QCOW2,
        sizeBytes: 0,
        virtualSizeBytes,
        sha256: "",
      }),
      outside: async (sizeBytes, contents) => ({
        kind: "file",
        path: await outside(await qcow2File(sizeBytes, contents)),
        format: "qcow2",
      }),
      write: (source, offset, bytes) => this.#write(source, offset, bytes),
      read: (source, offset, length) => this.#read(source, offset, length),
      fill: async () => {
        const free = Number(
          await this.sh(
            `lvs --noheadings --nosuffix --units m -o lv_size,data_percent ${group}/pool | awk '{print int($1*(100-$2)/100)}'`,
          ),
        );
        await lvm(`lvcreate -qy -V ${free}m --thinpool ${group}/pool -n filler`);
        await this.sh(`dd if=/dev/zero of=/dev/${group}/filler bs=1M count=${free - 6} oflag=direct status=none`);
        return async () => void (await lvm(`lvremove -qfy ${group}/filler`));
      },
      foreign: async () => {
        await lvm(`lvcreate -qy -an -V 8m --thinpool ${group}/pool -n somebodys`);
        return "somebodys";
      },
      close: async () => {
        await lvm(`lvremove -qfy -S 'lv_name!=pool && pool_lv=pool' ${group}`);
        for (const path of files) await rm(path, { force: true });
        if (files.length > 0) await this.sh(`rm -f ${files.join(" ")}`);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
    await this.vm[Symbol.asyncDispose]();
  }

  readonly #commands: HostCommands = {
    run: async (program, args, { okStatuses = [], input }) => {
      this.lines.push([program, ...args].join(" "));
      const { code, stdout, stderr } = await this.vm.outcome(["env", "LC_ALL=C", program, ...args], { input });
      if (code === 0 || okStatuses.includes(Number(code))) return stdout.toString();
      throw new CommandError({ program, status: Number(code), said: stderr.trim() });
    },
  };

  readonly #qemuImg: QemuCopies = {
    virtualSizeBytes: async ({ objects, format, name }) => {
      const said = await this.vm.exec(["qemu-img", "info", "--output=json", ...objects, ...format, name]);
      return (JSON.parse(said) as { "virtual-size": number })["virtual-size"];
    },
    fill: async ({ objects, format, name }, to, { thick, signal, onProgress }) => {
      signal.throwIfAborted();
      const zeros = thick ? ["-S", "0"] : ["--target-is-zero"];
      const args = ["convert", "-n", ...zeros, ...objects, ...format, "--target-image-opts", name, to] as const;
      await this.vm.exec(["qemu-img", ...args]);
      signal.throwIfAborted();
      onProgress?.(100);
    },
  };

  async #write(source: DiskSource, offset: number, bytes: Uint8Array): Promise<void> {
    const [path, format] = pathOf(source);
    if (format !== "raw") throw new Error("only raw disks are written in the storage VM");
    await (await this.#io()).write(path, offset, bytes);
  }

  async #read(source: DiskSource, offset: number, length: number): Promise<Uint8Array> {
    const [path, format] = pathOf(source);
    if (format === "raw") return (await this.#io()).read(path, offset, length);
    return this.vm.execBytes([
      "bash",
      "-ec",
      `qemu-img dd -f ${format} -O raw bs=4096 skip=${offset / 4096} count=${length / 4096} if=${path} of=/run/read.raw; cat /run/read.raw`,
    ]);
  }

  #io(): Promise<VmDiskIo> {
    return (this.#diskIo ??= VmDiskIo.start(this.vm));
  }
}

function pathOf(source: DiskSource): [string, string] {
  if (source.kind !== "block" && source.kind !== "file") throw new Error(`no disk of ${source.kind} in the storage VM`);
  return [source.path, source.format];
}
