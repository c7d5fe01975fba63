/** What lvs(8) says of a logical volume. */
export interface ListedLv {
  name: string;
  sizeBytes: number;
  tags: string[];
  madeAtMs: number;
  isActive: boolean;
  isOpen: boolean;
  /** Within the thin pool, higher than of all that were there before it; undefined: not in it. */
  thinId: number | undefined;
  /** Of a thin pool. */
  dataPercent: number;
  metadataPercent: number;
  /** Empty: well. lvs(8), lv_health_status. */
  health: string;
}

interface Report {
  report: { lv?: Record<string, string>[] }[];
}

/** `--reportformat json --units b --nosuffix`: all values are strings. */
export function parseLvs(said: string): ListedLv[] {
  const { report } = JSON.parse(said) as Report;
  return report
    .flatMap(({ lv = [] }) => lv)
    .map((lv) => ({
      name: lv["lv_name"] ?? "",
      sizeBytes: Number(lv["lv_size"]),
      tags: (lv["lv_tags"] ?? "").split(",").filter((tag) => tag !== ""),
      madeAtMs: Number(lv["lv_time"]) * 1000,
      isActive: lv["lv_active"] === "active",
      isOpen: lv["lv_device_open"] === "open",
      thinId: lv["thin_id"] ? Number(lv["thin_id"]) : undefined,
      dataPercent: Number(lv["data_percent"] ?? 0),
      metadataPercent: Number(lv["metadata_percent"] ?? 0),
      health: lv["lv_health_status"] ?? "",
    }));
}

export interface ListedGroup {
  name: string;
  tags: string[];
  /** Of the host that has it; empty: nobody's. */
  systemId: string;
}

/** vgs(8). */
export function parseVgs(said: string): ListedGroup[] {
  const { report } = JSON.parse(said) as { report: { vg?: Record<string, string>[] }[] };
  return report
    .flatMap(({ vg = [] }) => vg)
    .map((vg) => ({
      name: vg["vg_name"] ?? "",
      tags: (vg["vg_tags"] ?? "").split(",").filter((tag) => tag !== ""),
      systemId: vg["vg_systemid"] ?? "",
    }));
}

/** thin_ls(8) with two columns: device and bytes. */
export function parseThinDevices(said: string): Map<number, number> {
  const devices = new Map<number, number>();
  for (const line of said.split("\n")) {
    const [, id, bytes] = /^\s*(\d+)\s+(\d+)\s*$/.exec(line) ?? [];
    if (id !== undefined) devices.set(Number(id), Number(bytes));
  }
  return devices;
}

/** Of `dmsetup status`, see thin-provisioning.txt of the kernel: the scarcer of metadata and data, in percent. */
export function parseThinPoolPercent(said: string): number {
  const [, ...parts] = /thin-pool \d+ (\d+)\/(\d+) (\d+)\/(\d+)/.exec(said) ?? [];
  const [usedMetadata, metadata, usedData, data] = parts.map(Number);
  if (!metadata || !data) throw new Error(`its thin pool is broken: ${said.trim()}`);
  return Math.max((usedMetadata ?? 0) / metadata, (usedData ?? 0) / data) * 100;
}
