import type { StoragePoolSpec } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { PoolOpener } from "@limiquantix/node";
import { startChild } from "../remote-backend/child-link.ts";
import { RemotePools } from "../remote-backend/remote-pools.ts";
import type { RemotePool } from "../remote-backend/remote-pool.ts";
import { configOf } from "./nfs-mounts.ts";

export interface NfsHost {
  /** This host's id. */
  host: string;
  clock: Clock;
  log: Log;
  /** Where mounts are made, each under its pool's id. */
  mounts: string;
  secretFile?: ((secretId: string) => string | undefined) | undefined;
}

/** Opens NFS exports, each in a process of its own. */
export class NfsOpener implements PoolOpener {
  readonly #host: NfsHost;
  readonly #pools = new RemotePools();

  constructor(host: NfsHost) {
    this.#host = host;
  }

  async open(pool: string, spec: StoragePoolSpec): Promise<RemotePool> {
    configOf(pool, spec);
    const { host, mounts, ...parts } = this.#host;
    return this.#pools.open({ ...parts, pool, start: startChild, order: { kind: "nfs", pool, spec, host, mounts } });
  }
}
