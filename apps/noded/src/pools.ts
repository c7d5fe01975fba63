import { problem, Reason, StoragePoolSpec_Backend as Backend } from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { DiskSecrets, PoolOpener } from "@limiquantix/node";

export interface PoolDrivers {
  clock: Clock;
  log: Log;
  /** Where keys of storage are kept for the emulator. */
  secrets: DiskSecrets;
}

/** Who opens pools of which kind; loaded when the first one of that kind is declared. */
const openers: Partial<Record<Backend, (parts: PoolDrivers) => Promise<PoolOpener>>> = {
  [Backend.LOCAL_DIR]: async ({ clock, log }) => {
    const { LocalDirOpener } = await import("@limiquantix/drivers");
    return new LocalDirOpener({ clock, log });
  },
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
