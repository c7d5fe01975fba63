import {
  CatalogEntrySchema,
  ImageRequirements_Firmware,
  ImageSchema,
  ImageSpec_Format,
  ImageStatus_Phase,
  type Image,
} from "@limiquantix/api";
import { formatBytes } from "@limiquantix/kit";
import { paintState, type Paint } from "../../output/paint.ts";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";
import { formatLabels } from "../../values/labels.ts";
import { visibilityName } from "./visibility.ts";

export function imageListView(paint: Paint): ListView<typeof ImageSchema> {
  return {
    schema: ImageSchema,
    empty: "no images (see: lqx image catalog; lqx image upload FILE)",
    columns: [
      { header: "NAME", value: (image) => image.name },
      { header: "STATE", value: phaseOf, paint: (text) => paintState(paint, text) },
      { header: "FORMAT", value: formatOf },
      { header: "SIZE", value: (image) => formatBytes(image.status?.sizeBytes ?? 0n), right: true },
      { header: "DISK", value: (image) => formatBytes(image.status?.virtualSizeBytes ?? 0n), right: true },
      { header: "OS", value: osOf },
      { header: "USER", value: (image) => image.spec?.defaultUser ?? "" },
      { header: "AGE", value: (image) => age(image.createdAt), right: true },
      { header: "PROBLEM", value: (image) => image.status?.errorMessage ?? "", wide: true },
      { header: "ID", value: (image) => image.id, wide: true },
    ],
  };
}

export function describeImage(image: Image): string[] {
  const { spec, status } = image;
  return renderFields([
    ["Name", image.name],
    ["Id", image.id],
    ["State", `${phaseOf(image)}${status?.progressPercent ? ` ${status.progressPercent} %` : ""}`],
    ["Problem", status?.errorMessage ?? ""],
    ["Format", formatOf(image)],
    ["Converted from", status?.originalFormat ? ImageSpec_Format[status.originalFormat] : ""],
    ["Size", formatBytes(status?.sizeBytes ?? 0n)],
    ["Disk size", formatBytes(status?.virtualSizeBytes ?? 0n)],
    ["SHA-256", status?.sha256 ?? ""],
    ["OS", osOf(image)],
    ["Needs", needsOf(image)],
    ["Label", labelOf(image)],
    ["Default user", spec?.defaultUser ?? ""],
    ["For", visibilityName(spec?.visibility)],
    ["From", spec?.source?.url ?? ""],
    ["Copies", copiesOf(image)],
    ["Labels", formatLabels(image.labels)],
    ["Description", image.description],
    ["Created", `${moment(image.createdAt)}${image.createdBy ? ` by ${image.createdBy}` : ""}`],
  ]);
}

function needsOf({ spec }: Image): string {
  const { minMemoryMib = 0n, minDiskGib = 0n, cpuCores = 0, firmware = 0 } = spec?.requirements ?? {};
  const parts = [
    cpuCores > 0 ? `${cpuCores} cores` : "",
    minMemoryMib > 0n ? `${minMemoryMib} MiB of memory` : "",
    minDiskGib > 0n ? `${minDiskGib} GiB of disk` : "",
    firmware ? (ImageRequirements_Firmware[firmware] ?? "") : "",
  ];
  return parts.filter(Boolean).join(", ");
}

function labelOf({ status }: Image): string {
  const { volumeLabel = "", bootable = false } = status?.content ?? {};
  return [volumeLabel, bootable ? "(bootable)" : ""].filter(Boolean).join(" ");
}

function copiesOf({ status }: Image): string {
  const copies = status?.copies ?? [];
  const cached = copies.filter((copy) => copy.cached).length;
  return `${copies.length}${cached > 0 ? `, of which ${cached} cached` : ""}`;
}

export function catalogView(): ListView<typeof CatalogEntrySchema> {
  return {
    schema: CatalogEntrySchema,
    empty: "the catalogue is empty",
    columns: [
      { header: "ID", value: (entry) => entry.id },
      { header: "NAME", value: (entry) => entry.name },
      { header: "ARCH", value: (entry) => entry.os?.architecture ?? "" },
      { header: "USER", value: (entry) => entry.defaultUser },
      { header: "URL", value: (entry) => entry.url, wide: true },
      { header: "DESCRIPTION", value: (entry) => entry.howToGet || entry.description },
    ],
  };
}

export function phaseOf(image: Image): string {
  return ImageStatus_Phase[image.status?.phase ?? 0] ?? "UNKNOWN";
}

function formatOf(image: Image): string {
  return ImageSpec_Format[image.status?.format ?? 0]?.replace("UNKNOWN", "") ?? "";
}

function osOf(image: Image): string {
  const os = image.spec?.os;
  return os ? [os.distribution || os.family, os.version].filter(Boolean).join(" ") : "";
}
