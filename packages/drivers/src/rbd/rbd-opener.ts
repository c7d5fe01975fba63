import { problem, Reason, type StoragePoolSpec } from "@limiquantix/api";
import type { PoolOpener } from "@limiquantix/node";
import { imageFeatures } from "./rbd-capabilities.ts";
import { type RbdHost, RbdPool } from "./rbd-pool.ts";

/** Opens pools in Ceph clusters. */
export class RbdOpener implements PoolOpener {
  readonly #host: RbdHost;

  constructor(host: RbdHost) {
    this.#host = host;
  }

  async open(pool: string, spec: StoragePoolSpec): Promise<RbdPool> {
    if (spec.config.case !== "rbd")
      throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: "nothing says where its cluster is" });
    const { monitors, pool: name, namespace, user, key, imageFeatures: wanted } = spec.config.value;
    const features = imageFeatures(wanted);
    const place = { pool: name, namespace };
    return RbdPool.open({ ...this.#host, pool, place, access: { monitors, user, key, features } });
  }
}
