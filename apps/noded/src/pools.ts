import { problem, Reason, StoragePoolSpec_Backend as Backend } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { DiskSecrets, PoolOpener } from "@limiquantix/node";

export interface PoolDrivers {
  clock: Clock;
  log: Log;
  /** Where keys of storage are kept for the emulator. */
  secrets: DiskSecrets;
  /** Files with the same keys for qemu-img, base64, by secret; each driver tells the others of its own. */
  keyFiles: Map<string, string>;
  /** This host's id. */
  host: string;
  /** What guests that run on this host have open, by `sourceName`. */
  open: () => Promise<ReadonlySet<string>>;
}

/** Who opens pools of which kind; loaded when the first one of that kind is declared. */
const openers: Partial<Record<Backend, (parts: PoolDrivers) => Promise<PoolOpener>>> = {
  [Backend.LOCAL_DIR]: async ({ clock, log, keyFiles }) => {
    const { LocalDirOpener } = await import("@limiquantix/drivers");
    return new LocalDirOpener({ clock, log, secretFile: (secretId) => keyFiles.get(secretId) });
  },
  [Backend.CEPH_RBD]: async (parts) => new (await import("@limiquantix/drivers/rbd")).RbdOpener(parts),
  [Backend.NFS]: async ({ keyFiles, ...parts }) => {
    const { NfsOpener } = await import("@limiquantix/drivers/nfs");
    return new NfsOpener({ ...parts, secretFile: (secretId) => keyFiles.get(secretId) });
  },
  [Backend.ISCSI]: async (parts) => new (await import("@limiquantix/drivers/iscsi")).IscsiOpener(parts),
  [Backend.LINSTOR]: async (parts) => new (await import("@limiquantix/drivers/linstor")).LinstorOpener(parts),
};

/** Opens the pools that the control plane declares, each by the driver of its kind. */
export function poolOpener(parts: PoolDrivers, table = openers): PoolOpener {
  const loaded = new Map<Backend, Promise<PoolOpener>>();
  return {
    async open(pool, spec) {
      const load = table[spec.backend];
      if (!load) {
        const why = `this version of the daemon has no driver for ${Backend[spec.backend]}`;
        throw problem(Reason.UNSUPPORTED, { what: "a storage pool of this kind", why });
      }
      let opener = loaded.get(spec.backend);
      if (!opener) {
        opener = load(parts);
        loaded.set(spec.backend, opener);
        // A driver that could not be loaded is tried again.
        opener.catch(() => loaded.delete(spec.backend));
      }
      return (await opener).open(pool, spec);
    },
  };
}
