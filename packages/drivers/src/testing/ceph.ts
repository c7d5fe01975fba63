import { ImageSpec_Format } from "@limiquantix/api";
import { newId, silentLog, systemClock } from "@limiquantix/kit";
import type { DiskSecret, DiskSource, StoredImage } from "@limiquantix/node";
import type { VolumeFixture } from "@limiquantix/node/suites";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { imageFeatures } from "../rbd/rbd-capabilities.ts";
import { RbdPool, type RbdPoolOptions } from "../rbd/rbd-pool.ts";
import { QemuIoSession } from "./qemu-io-session.ts";

const run = promisify(execFile);
const lab = join(import.meta.dirname, "../../../../tools/lab/ceph");

interface Cluster {
  conf: string;
  monitor: string;
  pool: string;
  user: string;
  key: string;
}

/** A real Ceph (tools/lab/ceph), and one qemu-io to see the bytes with. */
export class CephLab implements AsyncDisposable {
  readonly directory: string;
  readonly cluster: Cluster;
  readonly disks: QemuIoSession;
  readonly keyFile: string;

  private constructor(directory: string, cluster: Cluster) {
    this.directory = directory;
    this.cluster = cluster;
    this.keyFile = join(directory, "user.key");
    this.disks = QemuIoSession.start(directory, this.keyFile);
  }

  static async up(): Promise<CephLab> {
    const directory = await mkdtemp(join(tmpdir(), "lqx-ceph-"));
    const { stdout } = await run(lab, ["up", join(directory, "cluster")]);
    const cluster = JSON.parse(stdout) as Cluster;
    await writeFile(join(directory, "user.key"), cluster.key, { mode: 0o600 });
    return new CephLab(directory, cluster);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disks[Symbol.asyncDispose]();
    await run(lab, ["down", join(this.directory, "cluster")]);
    await rm(this.directory, { recursive: true });
  }

  async monitor(is: "stop" | "start"): Promise<void> {
    await run(lab, [`${is}-mon`, join(this.directory, "cluster")]);
  }

  /** As the cluster's administrator. */
  async rbd(...args: string[]): Promise<string> {
    return (await run("rbd", ["-c", this.cluster.conf, ...args])).stdout;
  }

  async ceph(...args: string[]): Promise<string> {
    return (await run("ceph", ["-c", this.cluster.conf, ...args])).stdout;
  }

  async namespace(): Promise<string> {
    const namespace = `n-${newId()}`;
    await this.rbd("namespace", "create", `${this.cluster.pool}/${namespace}`);
    return namespace;
  }

  /** What a host needs to open a namespace of the pool. */
  options(namespace: string, more: Partial<RbdPoolOptions> = {}): RbdPoolOptions {
    const { monitor, user, key, pool } = this.cluster;
    return {
      pool: newId(),
      place: { pool, namespace },
      access: { monitors: [monitor], user, key, features: imageFeatures([]) },
      host: newId(),
      secrets: new KeptSecrets(),
      keyFiles: new Map(),
      clock: systemClock,
      log: silentLog,
      runtimeDirectory: join(this.directory, "run"),
      ...more,
    };
  }

  /** A file of the host's own pool. */
  async image(virtualSizeBytes: number, contents: Uint8Array = new Uint8Array()): Promise<StoredImage> {
    const path = join(this.directory, `${newId()}.qcow2`);
    await run("qemu-img", ["create", "-q", "-f", "qcow2", path, String(virtualSizeBytes)]);
    if (contents.length > 0) await this.disks.write({ kind: "file", path, format: "qcow2" }, 0, contents);
    const { size: sizeBytes } = await stat(path);
    return { imageId: newId(), path, format: ImageSpec_Format.QCOW2, sizeBytes, virtualSizeBytes, sha256: "" };
  }

  async fixture(): Promise<VolumeFixture> {
    const options = this.options(await this.namespace());
    let backend = await RbdPool.open(options);
    return {
      backend,
      reopen: async () => (backend = await RbdPool.open(options)),
      qcow2: async (...what) => new Uint8Array(await readFile((await this.image(...what)).path)),
      image: (...what) => this.image(...what),
      outside: async (sizeBytes, contents) => {
        const { path } = await this.image(sizeBytes, contents);
        return { kind: "file", path, format: "qcow2" };
      },
      write: (source, offset, bytes) => this.disks.write(source, offset, bytes),
      read: (source: DiskSource, offset, length) => this.disks.read(source, offset, length),
      fill: { cannot: "a full cluster holds its writers back until there is room, instead of failing them" },
      foreign: async () => {
        await this.rbd("create", "--size", "1", `${options.place.pool}/${options.place.namespace}/somebody-elses`);
        return "somebody-elses";
      },
      close: async () => backend[Symbol.asyncDispose](),
    };
  }
}

/** Secrets as the hypervisor keeps them. */
export class KeptSecrets {
  readonly kept = new Map<string, DiskSecret>();

  async set(secret: DiskSecret): Promise<void> {
    this.kept.set(secret.secretId, secret);
  }

  async delete(secretId: string): Promise<void> {
    this.kept.delete(secretId);
  }
}
