import {
  IscsiConfig_Mode as Mode,
  isProblem,
  problem,
  Reason,
  type StoragePoolSpec,
  StoragePoolSpec_Backend,
} from "@limiquantix/api";
import type { Clock, Log } from "@limiquantix/kit";
import type { PoolOpener } from "@limiquantix/node";
import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import { QemuImg } from "../file-pool/qemu-img.ts";
import { type HostCommands, hostCommands } from "../lvm/host-commands.ts";
import { groupName } from "../lvm/lv-names.ts";
import { typed } from "../lvm/lvm-failure.ts";
import { LvmPool } from "../lvm/lvm-pool.ts";
import type { QemuCopies } from "../lvm/new-volume.ts";
import { keepUdevOut } from "../lvm/udev-rule.ts";
import { VolumeGroup } from "../lvm/volume-group.ts";
import { Lun } from "./lun.ts";
import { leaveThinPool, takeThinPool } from "./thin-pool-on-lun.ts";

export interface IscsiHost {
  /** This host's id, the same after a restart. */
  host: string;
  /** Files with the keys of all pools that are open here, base64, by secret. */
  keyFiles: ReadonlyMap<string, string>;
  clock: Clock;
  log: Log;
  commands?: HostCommands | undefined;
  qemuImg?: QemuCopies | undefined;
}

/** Opens pools on LUNs of iSCSI targets. */
export class IscsiOpener implements PoolOpener {
  readonly #host: IscsiHost;

  constructor(host: IscsiHost) {
    this.#host = host;
  }

  async open(pool: string, spec: StoragePoolSpec): Promise<LvmPool> {
    if (spec.config.case !== "iscsi")
      throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: "nothing says where its LUN is" });
    const { portals, target, lun: number, chapUser, chapPassword, mode, initialize } = spec.config.value;
    if (mode !== Mode.LVM_THIN)
      throw problem(Reason.UNSUPPORTED, {
        what: "a LUN that several hosts share",
        why: "leases on its volumes are not there yet; the mode LVM_THIN gives it to one host at a time",
      });
    const { host, keyFiles, clock, log, commands = hostCommands, qemuImg = new QemuImg() } = this.#host;
    const addresses = await Promise.all(portals.map((portal) => resolved(pool, portal)));
    const chap = chapUser ? { user: chapUser, password: chapPassword } : undefined;
    const lun = new Lun({ commands, clock, pool, portals: addresses, target, lun: number, chap });
    return typed(pool, "to be opened", async () => {
      await keepUdevOut(commands).catch((error: unknown) => {
        log.warn("udev looks into the volumes of a pool", { pool, err: error });
      });
      const device = await lun.connect();
      const systemId = host;
      const group = new VolumeGroup({ commands, name: groupName(pool), systemId, device: async () => device });
      const parts = { commands, clock, pool, group, systemId, initialize };
      await takeThinPool(parts, device).catch(async (error: unknown) => {
        if (isProblem(error, Reason.POOL_NOT_OURS)) await lun.disconnect();
        throw error;
      });
      return LvmPool.open({
        pool,
        backend: StoragePoolSpec_Backend.ISCSI,
        group,
        qemuImg,
        clock,
        log,
        secretFile: (secretId) => keyFiles.get(secretId),
        async release(isIdle) {
          if (!isIdle) return;
          try {
            await leaveThinPool(group);
            await lun.disconnect();
          } catch (error) {
            log.warn("a LUN was not let go of", { pool, err: error });
          }
        },
      });
    });
  }
}

/** open-iscsi names its sessions by addresses. */
async function resolved(pool: string, portal: string): Promise<string> {
  const at = portal.lastIndexOf(":");
  const name = portal.slice(0, at).replace(/^\[|\]$/g, "");
  try {
    const { address } = await lookup(name);
    return `${isIPv6(address) ? `[${address}]` : address}${portal.slice(at)}`;
  } catch (cause) {
    throw problem(Reason.POOL_UNAVAILABLE, { pool, cause: `${name} has no address` }, { cause });
  }
}
