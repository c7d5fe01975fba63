import { IscsiConfig_Mode, NfsConfig_Access, type StoragePool } from "@limiquantix/api";
import { strings } from "../../strings/index.ts";

const s = strings.pools.config;

/** How a pool is reached, in words. Its secret is in no answer. */
export function configFacts({ spec }: StoragePool): (readonly [name: string, value: string])[] {
  const config = spec?.config;
  switch (config?.case) {
    case "localDir":
      return [[s.path, config.value.path]];
    case "nfs": {
      const { server, export: path, version, options, access } = config.value;
      return [
        [s.server, server],
        [s.export, path],
        [s.version, version || s.newest],
        [s.access, access === NfsConfig_Access.USERSPACE ? s.userspace : s.mount],
        ...(options ? [[s.options, options] as const] : []),
      ];
    }
    case "rbd": {
      const { monitors, pool, namespace, user, imageFeatures } = config.value;
      return [
        [s.monitors, monitors.join(", ")],
        [s.pool, pool],
        ...(namespace ? [[s.namespace, namespace] as const] : []),
        [s.user, user || s.noUser],
        ...(user ? [[s.secret, s.sealed] as const] : []),
        ...(imageFeatures.length > 0 ? [[s.features, imageFeatures.join(", ")] as const] : []),
      ];
    }
    case "iscsi": {
      const { portals, target, lun, chapUser, mode } = config.value;
      return [
        [s.portals, portals.join(", ")],
        [s.target, target],
        [s.lun, String(lun)],
        [s.mode, mode === IscsiConfig_Mode.SHARED_LVM ? s.sharedLvm : s.lvmThin],
        ...(chapUser ? [[s.chap, chapUser] as const, [s.secret, s.sealed] as const] : []),
      ];
    }
    case "linstor":
      return [
        [s.controllers, config.value.controllers.join(", ")],
        [s.group, config.value.resourceGroup],
      ];
    default:
      return [];
  }
}
