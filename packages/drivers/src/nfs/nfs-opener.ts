import { NfsConfig_Access, problem, Reason, type StoragePoolSpec } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { PoolOpener, VolumeBackend } from "@limiquantix/node";
import { startChild } from "../remote-backend/child-link.ts";
import { RemotePools } from "../remote-backend/remote-pools.ts";
import type { Order } from "../remote-backend/serve-backend.ts";
import { NfsClientPool } from "./nfs-client-pool.ts";
import { asUuid, configOf } from "./nfs-mounts.ts";
import type { OpenSources } from "./nfs-qemu-img.ts";

export interface NfsHost {
  /** This host's id. */
  host: string;
  clock: Clock;
  log: Log;
  /** Where mounts are made, each under its pool's id; /var/lib/limiquantix/mounts. */
  mounts?: string | undefined;
  secretFile?: ((secretId: string) => string | undefined) | undefined;
  /** What guests that run on this host have open; without it nothing is opened without a mount. */
  open?: OpenSources | undefined;
}

/** Opens NFS exports: mounts each in a process of its own, or reaches it without a mount. */
export class NfsOpener implements PoolOpener {
  readonly #host: NfsHost;
  readonly #pools = new RemotePools();

  constructor(host: NfsHost) {
    this.#host = host;
  }

  async open(pool: string, spec: StoragePoolSpec): Promise<VolumeBackend> {
    const config = configOf(pool, spec);
    const { host, mounts = "/var/lib/limiquantix/mounts", clock, log, secretFile, open } = this.#host;
    if (config.access === NfsConfig_Access.USERSPACE) {
      if (!open) throw noClient("this hypervisor has no NFS client");
      if (config.options || (config.version && config.version !== "3"))
        throw noClient("QEMU's own client speaks version 3 and takes no mount options");
      return NfsClientPool.open({ pool, config, host: asUuid(host), open, clock, log, secretFile });
    }
    const order: Order = { kind: "nfs", pool, spec, host, mounts };
    return this.#pools.open({ clock, log, secretFile, pool, start: startChild, order });
  }
}

function noClient(why: string) {
  return problem(Reason.UNSUPPORTED, { what: "NFS without a mount", why });
}
