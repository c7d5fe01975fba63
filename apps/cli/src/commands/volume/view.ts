import {
  VolumeSchema,
  VolumeSpec_Provisioning,
  VolumeStatus_Phase,
  type Volume,
  type VolumeSource,
} from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import { paintState, type Paint } from "../../output/paint.ts";
import type { ListColumn, ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";
import type { PoolName } from "../../rpc/resolve-pool.ts";
import { UsageError } from "../../usage-error.ts";
import { formatLabels } from "../../values/labels.ts";

/** What volumes mention by their ids. */
export interface VolumeNames {
  pool: PoolName;
  vm: (vmId: string) => string;
}

export function volumeListView(paint: Paint, names: VolumeNames, recycled = false): ListView<typeof VolumeSchema> {
  const { pool, vm } = names;
  const bin: ListColumn<Volume>[] = [
    { header: "DELETED", value: (volume) => age(volume.deletedAt), right: true },
    { header: "GONE FROM", value: (volume) => moment(volume.purgeAt) },
  ];
  return {
    schema: VolumeSchema,
    empty: recycled
      ? "no volumes in the recycle bin"
      : "no volumes (make one: lqx volume create NAME --size 10G --pool POOL)",
    columns: [
      { header: "NAME", value: (volume) => volume.name },
      { header: "STATE", value: phaseOf, paint: (text) => paintState(paint, text) },
      { header: "SIZE", value: (volume) => formatBytes(sizeOf(volume)), right: true },
      { header: "USED", value: (volume) => usedOf(volume), right: true },
      { header: "POOL", value: (volume) => pool(volume.spec?.storagePoolId ?? "") },
      { header: "VM", value: (volume) => vmsOf(volume).map(vm).join(", ") },
      ...(recycled ? bin : [{ header: "AGE", value: (volume: Volume) => age(volume.createdAt), right: true }]),
      { header: "LABELS", value: (volume) => formatLabels(volume.labels), wide: true },
      { header: "PROBLEM", value: (volume) => volume.status?.errorMessage ?? "", wide: true },
      { header: "ID", value: (volume) => volume.id, wide: true },
    ],
  };
}

export function describeVolume(volume: Volume, { pool, vm }: VolumeNames): string[] {
  const { spec, status } = volume;
  const from = status?.movingFromPoolId ? `, on its way from ${pool(status.movingFromPoolId)}` : "";
  return renderFields([
    ["Name", volume.name],
    ["Id", volume.id],
    ["State", `${phaseOf(volume)}${from}`],
    ["Problem", status?.errorMessage ?? ""],
    ["Size", formatBytes(sizeOf(volume))],
    ["Used", usedOf(volume)],
    ["Provisioning", (VolumeSpec_Provisioning[spec?.provisioning ?? 0] ?? "").replace("PROVISIONING_UNKNOWN", "")],
    ["Pool", pool(spec?.storagePoolId ?? "")],
    ["Shared", spec?.shared ? "several VMs may have it at the same time" : ""],
    [vmsOf(volume).length > 1 ? "VMs" : "VM", vmsOf(volume).map(vm).join(", ")],
    ["Made from", sourceOf(spec?.source)],
    ["Labels", formatLabels(volume.labels)],
    ["Description", volume.description],
    ["Created", `${moment(volume.createdAt)}${volume.createdBy ? ` by ${volume.createdBy}` : ""}`],
    [
      "Deleted",
      volume.deletedAt ? `${moment(volume.deletedAt)}; until ${moment(volume.purgeAt)} it can be restored` : "",
    ],
    ["Revision", String(volume.revision)],
  ]);
}

/** The VMs that have it. */
export function vmsOf({ status }: Volume): readonly string[] {
  return status?.attachedVmIds ?? [];
}

export function phaseOf(volume: Volume): string {
  return VolumeStatus_Phase[volume.status?.phase ?? 0] ?? "UNKNOWN";
}

/** A phase as people type it, in any case. */
export function parsePhase(text: string): VolumeStatus_Phase {
  const phase = VolumeStatus_Phase[text.toUpperCase() as keyof typeof VolumeStatus_Phase];
  if (phase) return phase;
  const known = Object.values(VolumeStatus_Phase).filter((name) => typeof name === "string" && name !== "UNKNOWN");
  throw new UsageError(`${JSON.stringify(text)} is no state of a volume`, `States: ${known.join(", ")}.`);
}

export function sizeOf({ spec, status }: Volume): bigint {
  return spec?.sizeBytes || (status?.sizeBytes ?? 0n);
}

function usedOf({ status }: Volume): string {
  return status?.usedBytes ? formatBytes(status.usedBytes) : "";
}

function sourceOf(source: VolumeSource | undefined): string {
  const from = source?.from;
  switch (from?.case) {
    case "imageId":
      return `image ${from.value}`;
    case "volumeId":
      return `volume ${from.value}`;
    case "snapshot": {
      const { snapshotId, volumeId, linked } = from.value;
      return `snapshot ${snapshotId} of volume ${volumeId}${linked ? ", sharing its blocks" : ""}`;
    }
    default:
      return "";
  }
}
