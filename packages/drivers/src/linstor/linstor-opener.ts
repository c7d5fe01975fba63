import { problem, Reason, type StoragePoolSpec } from "@limiquantix/api";
import type { PoolOpener } from "@limiquantix/node";
import { type LinstorHost, LinstorPool } from "./linstor-pool.ts";

/** Opens resource groups of LINSTOR controllers. */
export class LinstorOpener implements PoolOpener {
  readonly #host: LinstorHost;

  constructor(host: LinstorHost) {
    this.#host = host;
  }

  async open(pool: string, spec: StoragePoolSpec): Promise<LinstorPool> {
    if (spec.config.case !== "linstor")
      throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: "nothing says where its controller is" });
    const { controllers, resourceGroup, token } = spec.config.value;
    return LinstorPool.open({ ...this.#host, pool, access: { controllers, token }, group: resourceGroup });
  }
}
