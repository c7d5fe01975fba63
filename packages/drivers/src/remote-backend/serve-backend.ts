import type { StoragePoolSpec } from "@limiquantix/api";
import { systemClock } from "@limiquantix/kit";
import { type BackendMaker, BackendHost } from "./backend-host.ts";
import type { ByteLink } from "./message-stream.ts";

/** What is to be opened in a process of its own. */
export type Order =
  | { kind: "local-dir"; pool: string; spec: StoragePoolSpec }
  | {
      kind: "nfs";
      pool: string;
      spec: StoragePoolSpec;
      /** This host's id. */
      host: string;
      /** Where mounts are made. */
      mounts: string;
    };

const maker: BackendMaker<Order> = {
  async open(order, { log, secretFile }) {
    const parts = { clock: systemClock, log, secretFile };
    if (order.kind === "nfs") {
      const { NfsMounts } = await import("../nfs/nfs-mounts.ts");
      return new NfsMounts({ ...parts, host: order.host, mounts: order.mounts }).open(order.pool, order.spec);
    }
    const { LocalDirOpener } = await import("../file-pool/local-dir.ts");
    const backend = await new LocalDirOpener(parts).open(order.pool, order.spec);
    return { backend, probe: async () => void (await backend.capacity()) };
  },
  async release(order) {
    if (order.kind !== "nfs") return;
    const { unmount } = await import("../nfs/mount.ts");
    const { mountOf } = await import("../nfs/nfs-mounts.ts");
    await unmount(mountOf(order.mounts, order.pool));
  },
};

/** Serves one backend until the other end goes. */
export function serveBackend(link: ByteLink): Promise<void> {
  return new BackendHost(maker, link).serve();
}
