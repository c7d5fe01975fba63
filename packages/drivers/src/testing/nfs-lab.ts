import { create } from "@bufbuild/protobuf";
import { ImageSpec_Format, NfsConfig_Access, StoragePoolSpec_Backend, StoragePoolSpecSchema } from "@limiquantix/api";
import { MIB, newId, silentLog, systemClock } from "@limiquantix/kit";
import type { DiskSource } from "@limiquantix/node";
import type { VolumeFixture } from "@limiquantix/node/suites";
import type { ChildLink } from "../remote-backend/child-link.ts";
import { RemotePool, type RemotePoolOptions } from "../remote-backend/remote-pool.ts";
import type { Order } from "../remote-backend/serve-backend.ts";
import { bytesOfDump, qcow2File } from "./qemu-io.ts";
import { StorageVm } from "./storage-vm.ts";
import { installChildren, type VmChildren } from "./storage-vm-child.ts";

export const EXPORT = "/srv/nfs";
export const MOUNTS = "/var/lib/limiquantix/mounts";
/** This host. */
const HOST = newId();

/** The kernel's NFS server of a storage VM, with an export on XFS. */
export async function serveNfs(vm: StorageVm): Promise<void> {
  const script = `ip link set lo up; mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
    mkdir -p ${EXPORT}; truncate -s 1200M /srv/nfs.img; mkfs.xfs -q -m reflink=1 /srv/nfs.img; mount -o loop /srv/nfs.img ${EXPORT}
    echo '${EXPORT} 127.0.0.1(rw,async,no_root_squash,no_subtree_check,fsid=1)' >/etc/exports`;
  await vm.exec(["bash", "-ec", script]);
  await startServer(vm);
}

/** The usual grace periods, NFSv4's and the lock manager's, would hold back every opener for a minute and more. */
function startServer(vm: StorageVm): Promise<string> {
  const script = `for f in nfsv4leasetime nfsv4gracetime; do echo 10 >/proc/fs/nfsd/$f; done
    echo 10 >/proc/sys/fs/nfs/nlm_grace_period
    systemctl is-active -q nfs-server || systemctl start rpcbind.socket rpc-statd nfs-server; rpc.nfsd 4; exportfs -r`;
  return vm.exec(["bash", "-ec", script]);
}

/** A kernel's NFS server and client in one storage VM, the export on XFS, which shares blocks. */
export class NfsLab implements AsyncDisposable {
  readonly vm: StorageVm;
  readonly #children: VmChildren;
  readonly #started = new Set<ChildLink>();

  private constructor(vm: StorageVm, children: VmChildren) {
    this.vm = vm;
    this.#children = children;
  }

  static async up(): Promise<NfsLab> {
    const vm = await StorageVm.start();
    const lab = new NfsLab(vm, await installChildren(vm));
    await serveNfs(vm);
    return lab;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.vm[Symbol.asyncDispose]();
  }

  sh(script: string): Promise<string> {
    return this.vm.exec(["bash", "-ec", script]);
  }

  server(is: "start" | "stop"): Promise<string> {
    return is === "stop" ? this.sh("rpc.nfsd 0") : startServer(this.vm);
  }

  /** A directory of the export, as a pool is declared on it. */
  async spec(more: Partial<{ version: string; options: string; export: string }> = {}) {
    const path = `${EXPORT}/${newId()}`;
    await this.sh(`mkdir ${path}`);
    const value = { server: "127.0.0.1", export: path, version: "4.2", access: NfsConfig_Access.MOUNT, ...more };
    return create(StoragePoolSpecSchema, { backend: StoragePoolSpec_Backend.NFS, config: { case: "nfs", value } });
  }

  open(pool: string, spec: Awaited<ReturnType<NfsLab["spec"]>>, more: Partial<RemotePoolOptions> = {}) {
    const order: Order = { kind: "nfs", pool, spec, host: HOST, mounts: MOUNTS };
    const start = async () => {
      const child = await this.#children.start();
      this.#started.add(child);
      return child;
    };
    return RemotePool.open({ pool, order, start, clock: systemClock, log: silentLog, ...more });
  }

  /** As kill -9 does with the daemon, with which its processes end. */
  async killChildren(): Promise<void> {
    for (const child of this.#started) await child.kill();
    this.#started.clear();
  }

  async fixture(version: string): Promise<VolumeFixture> {
    const [pool, spec, scratch] = [newId(), await this.spec({ version }), `/var/tmp/${newId()}`];
    await this.sh(`mkdir ${scratch}`);
    const open = () => this.open(pool, spec, { start: this.#children.connect });
    let backend = await open();
    const outside = async (sizeBytes: number, contents?: Uint8Array) => {
      const path = `${scratch}/${newId()}.qcow2`;
      await this.vm.writeFile(path, await qcow2File(sizeBytes, contents));
      return path;
    };
    return {
      backend,
      reopen: async () => (backend = await open()),
      qcow2: qcow2File,
      async image(virtualSizeBytes, contents) {
        const path = await outside(virtualSizeBytes, contents);
        return { imageId: newId(), path, format: ImageSpec_Format.QCOW2, sizeBytes: 0, virtualSizeBytes, sha256: "" };
      },
      outside: async (...what) => ({ kind: "file", path: await outside(...what), format: "qcow2" }),
      write: (source, offset, bytes) => this.write(source, offset, bytes),
      read: (source, offset, length) => this.read(source, offset, length),
      merge: (plan, guestTop) => this.#merge(plan, guestTop),
      fill: async () => {
        const bytes = Number(await this.sh(`echo $(( $(stat -f -c '%a*%S' ${EXPORT}) ))`));
        await this.sh(`fallocate -l ${bytes - 6 * MIB} ${EXPORT}/filler`);
        return async () => void (await this.sh(`rm ${EXPORT}/filler`));
      },
      foreign: async () => {
        const { export: path } = spec.config.value as { export: string };
        await this.sh(`mkdir "${path}/somebody's"; echo "not ours" >"${path}/somebody's/disk.vmdk"`);
        return "somebody's/disk.vmdk";
      },
      close: async () => {
        await backend[Symbol.asyncDispose]();
        await this.sh(`rm -rf ${scratch} ${EXPORT}/*`);
      },
    };
  }

  /** As a guest does that has the disk. */
  async write(source: DiskSource, offset: number, bytes: Uint8Array): Promise<void> {
    const file = `/run/${newId()}`;
    await this.vm.writeFile(file, bytes);
    await this.#qemuIo(source, [], `write -s ${file} ${offset} ${bytes.length}`);
  }

  async read(source: DiskSource, offset: number, length: number): Promise<Uint8Array> {
    return bytesOfDump(await this.#qemuIo(source, ["-r", "-U"], `read -v ${offset} ${length}`));
  }

  async #qemuIo(source: DiskSource, options: string[], command: string): Promise<string> {
    if (source.kind !== "file") throw new Error(`a pool of files has ${source.kind}`);
    const said = await this.vm.exec(["qemu-io", ...options, "-f", source.format, "-c", command, source.path]);
    if (/failed|Could not|error/i.test(said)) throw new Error(`${command}: ${said.slice(0, 400)}`);
    return said;
  }

  async #merge({ top, base, active }: { top: string; base: string; active: boolean }, guestTop: string): Promise<void> {
    await this.vm.exec(["qemu-img", "commit", "-q", "-d", "-f", "qcow2", top]);
    if (active) return;
    const info = ["qemu-img", "info", "-f", "qcow2", "--backing-chain", "--output=json", guestTop] as const;
    const chain = (JSON.parse(await this.vm.exec([...info])) as { filename: string }[]).map((file) => file.filename);
    const above = chain[chain.findIndex((path) => path.endsWith(top.slice(top.lastIndexOf("/")))) - 1];
    if (above === undefined) throw new Error(`${top} is not below ${guestTop}: ${chain.join(", ")}`);
    await this.vm.exec(["qemu-img", "rebase", "-u", "-f", "qcow2", "-F", "qcow2", "-b", base, above]);
  }
}
