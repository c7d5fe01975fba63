import { problem, Reason, StoragePoolSpec_Backend as Backend, type StoragePoolSpec } from "@limiquantix/api";
import { sleep } from "@limiquantix/kit";
import type { DiskSecrets, PoolOpener, VolumeBackend } from "@limiquantix/node";
import type { DriverSession } from "./driver-session.ts";
import { SimStorage } from "./sim-storage.ts";
import { SimVolumes } from "./sim-volumes.ts";

/**
 * Opens declared pools of any kind. All hosts of a cluster find the same storage behind one pool, but for directories:
 * each host has its own.
 */
export class SimPoolOpener implements PoolOpener {
  readonly #session: DriverSession;
  readonly #secrets: DiskSecrets;

  constructor(session: DriverSession, secrets: DiskSecrets) {
    this.#session = session;
    this.#secrets = secrets;
  }

  async open(pool: string, spec: StoragePoolSpec): Promise<VolumeBackend> {
    const { host } = this.#session;
    const { backend } = spec;
    const shared = backend !== Backend.LOCAL_DIR;
    const files = backend === Backend.LOCAL_DIR || backend === Backend.NFS;
    if (backend === Backend.UNKNOWN || backend === Backend.CEPH_CEPHFS || backend === Backend.LOCAL_LVM) {
      throw problem(Reason.UNSUPPORTED, { what: Backend[backend], why: "no simulated storage is of that kind" });
    }
    const storage = storageOf(host.storages, {
      key: shared ? pool : `${host.name} ${pool}`,
      bytes: host.size.poolBytes,
    });
    await this.#session.step("pool.open", async () => {
      if (storage.faults.slowMs > 0) await sleep(host.clock, storage.faults.slowMs);
      if (storage.faults.mute) return new Promise<void>(() => {});
      if (storage.faults.unreachable || storage.cutFrom.has(host.name)) {
        throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: "connection timed out" });
      }
    });
    const key = spec.config.case === "rbd" ? spec.config.value.key : "";
    if (key) {
      const value = new TextEncoder().encode(key);
      await this.#secrets.set({ secretId: pool, kind: "ceph", usage: `pool ${pool}`, value });
    }
    return new SimVolumes(this.#session, {
      pool,
      backend,
      storage,
      how: files ? "layers" : "beneath",
      shared,
      exclusive: backend === Backend.ISCSI,
      images: false,
      secretId: key ? pool : undefined,
    });
  }
}

/** Made when it is first asked for, so that tests can break it before. */
export function storageOf(
  storages: Map<string, SimStorage>,
  { key, bytes }: { key: string; bytes: number },
): SimStorage {
  const there = storages.get(key);
  if (there) return there;
  const made = new SimStorage({ totalBytes: bytes });
  storages.set(key, made);
  return made;
}
