import type { StoragePoolSpec } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { PoolOpener } from "@limiquantix/node";
import { startChild } from "../remote-backend/child-link.ts";
import { RemotePools } from "../remote-backend/remote-pools.ts";
import type { RemotePool } from "../remote-backend/remote-pool.ts";
import type { Order } from "../remote-backend/serve-backend.ts";
import { configOf } from "./nfs-mounts.ts";

export interface NfsHost {
  /** This host's id. */
  host: string;
  clock: Clock;
  log: Log;
  /** Where mounts are made, each under its pool's id; /var/lib/limiquantix/mounts. */
  mounts?: string | undefined;
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
    const { host, mounts = "/var/lib/limiquantix/mounts", clock, log, secretFile } = this.#host;
    const order: Order = { kind: "nfs", pool, spec, host, mounts };
    return this.#pools.open({ clock, log, secretFile, pool, start: startChild, order });
  }
}
