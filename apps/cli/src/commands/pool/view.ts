import {
  IscsiConfig_Mode,
  NfsConfig_Access,
  PoolFile_Type,
  PoolFileSchema,
  StoragePoolSchema,
  StoragePoolSpec_Backend,
  StoragePoolStatus_Phase,
  type PoolCapabilities,
  type StoragePool,
} from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import { paintState, type Paint } from "../../output/paint.ts";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { moment } from "../../output/times.ts";
import type { Hostname } from "../../rpc/hostnames.ts";
import { formatLabels } from "../../values/labels.ts";

export function poolListView(paint: Paint, hostname: Hostname): ListView<typeof StoragePoolSchema> {
  return {
    schema: StoragePoolSchema,
    empty: "no storage pools (each host brings one when it joins)",
    columns: [
      { header: "NAME", value: (pool) => pool.name },
      { header: "STATE", value: phaseOf, paint: (text) => paintState(paint, text) },
      { header: "BACKEND", value: backendOf },
      { header: "HOSTS", value: (pool) => hostsOf(pool, hostname) },
      { header: "USED", value: (pool) => formatBytes(pool.status?.capacity?.usedBytes ?? 0n), right: true },
      { header: "FREE", value: (pool) => formatBytes(pool.status?.capacity?.availableBytes ?? 0n), right: true },
      { header: "TOTAL", value: (pool) => formatBytes(pool.status?.capacity?.totalBytes ?? 0n), right: true },
      { header: "ID", value: (pool) => pool.id, wide: true },
    ],
  };
}

export function fileListView(orphans: boolean): ListView<typeof PoolFileSchema> {
  return {
    schema: PoolFileSchema,
    empty: orphans ? "nothing is left over" : "the pool is empty",
    columns: [
      { header: "PATH", value: (file) => file.path },
      { header: "TYPE", value: (file) => (PoolFile_Type[file.type] ?? "").replace("TYPE_UNKNOWN", "") },
      { header: "SIZE", value: (file) => formatBytes(file.sizeBytes), right: true },
      { header: "MODIFIED", value: (file) => moment(file.modifiedAt) },
      { header: "OWNER", value: (file) => file.ownerId },
    ],
  };
}

export function describePool(pool: StoragePool, hostname: Hostname): string[] {
  const { status } = pool;
  const capacity = status?.capacity;
  const [can, cannot] = abilities(status?.capabilities);
  return renderFields([
    ["Name", pool.name],
    ["Id", pool.id],
    ["State", `${phaseOf(pool)}${status?.nearlyFull ? ", nearly full" : ""}`],
    ["Problem", status?.errorMessage ?? ""],
    ["Backend", backendOf(pool)],
    ["Storage", storageOf(pool)],
    ["Hosts", hostLines(pool, hostname)],
    ["Volumes", String(status?.volumeCount ?? 0)],
    ["Used", `${formatBytes(capacity?.usedBytes ?? 0n)} of ${formatBytes(capacity?.totalBytes ?? 0n)}`],
    ["Free", formatBytes(capacity?.availableBytes ?? 0n)],
    ["Thin disks may grow to", formatBytes(capacity?.provisionedBytes ?? 0n)],
    ["Limits", limitsOf(pool)],
    ["Can", can],
    ["Cannot", cannot],
    ["Note", status?.capabilities?.note ?? ""],
    ["Labels", formatLabels(pool.labels)],
    ["Description", pool.description],
    ["Measured", moment(status?.measuredAt)],
    ["Revision", String(pool.revision)],
  ]);
}

/** Where the storage is; no secret comes this way. */
function storageOf({ spec }: StoragePool): string {
  const config = spec?.config;
  switch (config?.case) {
    case "localDir":
      return config.value.path;
    case "nfs": {
      const { server, version, options, access } = config.value;
      const how = [
        version && `version ${version}`,
        options,
        access === NfsConfig_Access.USERSPACE && "by QEMU's own client",
      ];
      return [`${server}:${config.value.export}`, ...how.filter(Boolean)].join(", ");
    }
    case "rbd": {
      const { pool, namespace, user, monitors } = config.value;
      return `${[pool, namespace].filter(Boolean).join("/")} at ${monitors.join(", ")}${user && ` as client.${user}`}`;
    }
    case "iscsi": {
      const { target, lun, portals, chapUser, mode } = config.value;
      const shared = mode === IscsiConfig_Mode.SHARED_LVM ? "shared by its hosts" : "for one host";
      return `${target} LUN ${lun} at ${portals.join(", ")}${chapUser && ` as ${chapUser}`}, ${shared}`;
    }
    case "linstor":
      return `resource group ${config.value.resourceGroup} at ${config.value.controllers.join(", ")}`;
    default:
      return "";
  }
}

/** A line for each host, with what is wrong there. */
function hostLines({ spec, status }: StoragePool, hostname: Hostname): string {
  const seen = new Map(status?.hosts.map((host) => [host.nodeId, host]));
  const ids = new Set([...(spec?.assignedNodeIds ?? []), ...seen.keys()]);
  const lines = [...ids].map((id) => {
    const host = seen.get(id);
    const phase = StoragePoolStatus_Phase[host?.phase ?? StoragePoolStatus_Phase.PENDING] ?? "";
    return `${hostname(id)} ${phase}${host?.errorMessage ? `: ${host.errorMessage}` : ""}`;
  });
  return lines.length > 0 ? lines.join("\n") : "none: lqx pool assign";
}

function limitsOf({ spec }: StoragePool): string {
  const { warnPercent = 0, stopPercent = 0, overcommitPercent = 0 } = spec?.thresholds ?? {};
  const over = overcommitPercent ? `; thin disks may promise ${overcommitPercent} %` : "";
  return `warns at ${warnPercent || 80} % used, full at ${stopPercent || 95} %${over}`;
}

const abilityNames = {
  shared: "several hosts at once",
  images: "keep images",
  snapshots: "snapshots",
  linkedClones: "linked clones",
  instantClones: "full clones at once",
  thin: "thin disks",
  onlineResize: "grow under a running guest",
  discard: "give back freed space",
  dirtyBitmaps: "track changed blocks",
} as const;

/** What it can do, and what not with the reason why. */
function abilities(found: PoolCapabilities | undefined): [can: string, cannot: string] {
  if (!found) return ["", ""];
  const keys = Object.keys(abilityNames) as (keyof typeof abilityNames)[];
  const can = keys.filter((key) => found[key]).map((key) => abilityNames[key]);
  const cannot = keys
    .filter((key) => !found[key])
    .map((key) => `${abilityNames[key]}${found.unsupported[key] ? `: ${found.unsupported[key]}` : ""}`);
  return [can.join(", "), cannot.join("\n")];
}

export function phaseOf(pool: StoragePool): string {
  return StoragePoolStatus_Phase[pool.status?.phase ?? 0] ?? "UNKNOWN";
}

/** The word that `pool add` has for it. */
export function kindOf({ spec }: StoragePool): string {
  const kind = spec?.config.case;
  return kind === undefined || kind === "localDir" ? "local" : kind;
}

function backendOf(pool: StoragePool): string {
  return StoragePoolSpec_Backend[pool.spec?.backend ?? 0] ?? "";
}

function hostsOf(pool: StoragePool, hostname: Hostname): string {
  return (pool.spec?.assignedNodeIds ?? []).map(hostname).join(",");
}
