import {
  StoragePoolSchema,
  StoragePoolSpec_Backend,
  StoragePoolStatus_Phase,
  type StoragePool,
} from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import { paintState, type Paint } from "../../output/paint.ts";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { moment } from "../../output/times.ts";
import type { Hostname } from "../../rpc/hostnames.ts";

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

export function describePool(pool: StoragePool, hostname: Hostname): string[] {
  const capacity = pool.status?.capacity;
  return renderFields([
    ["Name", pool.name],
    ["Id", pool.id],
    ["State", phaseOf(pool)],
    ["Problem", pool.status?.errorMessage ?? ""],
    ["Backend", backendOf(pool)],
    ["Hosts", hostsOf(pool, hostname)],
    ["Used", `${formatBytes(capacity?.usedBytes ?? 0n)} of ${formatBytes(capacity?.totalBytes ?? 0n)}`],
    ["Free", formatBytes(capacity?.availableBytes ?? 0n)],
    ["Thin disks may grow to", formatBytes(capacity?.provisionedBytes ?? 0n)],
    ["Measured", moment(pool.status?.measuredAt)],
  ]);
}

function phaseOf(pool: StoragePool): string {
  return StoragePoolStatus_Phase[pool.status?.phase ?? 0] ?? "UNKNOWN";
}

function backendOf(pool: StoragePool): string {
  return StoragePoolSpec_Backend[pool.spec?.backend ?? 0] ?? "";
}

function hostsOf(pool: StoragePool, hostname: Hostname): string {
  return (pool.spec?.assignedNodeIds ?? []).map(hostname).join(",");
}
