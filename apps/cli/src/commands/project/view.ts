import { ProjectSchema, type Project } from "@limiquantix/api";
import { formatBytes, GIB, MIB } from "@limiquantix/kit";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";
import { formatLabels } from "../../values/labels.ts";

export function projectListView(): ListView<typeof ProjectSchema> {
  return {
    schema: ProjectSchema,
    empty: "no projects",
    columns: [
      { header: "NAME", value: (project) => project.name },
      { header: "VMS", value: (it) => share(it.usage?.vms, it.quota?.vms), right: true },
      { header: "VCPUS", value: (it) => share(it.usage?.vcpus, it.quota?.vcpus), right: true },
      { header: "MEMORY", value: (it) => share(it.usage?.memoryMib, it.quota?.memoryMib, mib), right: true },
      { header: "STORAGE", value: (it) => share(it.usage?.storageGib, it.quota?.storageGib, gib), right: true },
      { header: "AGE", value: (project) => age(project.createdAt), right: true },
      { header: "DESCRIPTION", value: (project) => project.description, wide: true },
      { header: "LABELS", value: (project) => formatLabels(project.labels), wide: true },
      { header: "ID", value: (project) => project.id, wide: true },
    ],
  };
}

export function describeProject(project: Project): string[] {
  return [
    ...renderFields([
      ["Name", project.name],
      ["Id", project.id],
      ["Description", project.description],
      ["Labels", formatLabels(project.labels)],
      ["Created", moment(project.createdAt)],
      ["Revision", String(project.revision)],
    ]),
    ...describeQuota(project),
  ];
}

/** What is used, of what there may be. */
export function describeQuota({ quota, usage }: Project): string[] {
  return renderFields([
    ["VMs", share(usage?.vms, quota?.vms)],
    ["vCPUs", share(usage?.vcpus, quota?.vcpus)],
    ["Memory", share(usage?.memoryMib, quota?.memoryMib, mib)],
    ["Storage", share(usage?.storageGib, quota?.storageGib, gib)],
    ["Floating addresses", share(usage?.floatingAddresses, quota?.floatingAddresses)],
  ]);
}

type Figure = number | bigint;

/** `3 of 10`; without a limit only the former. */
function share(used: Figure = 0, limit?: Figure, format: (figure: Figure) => string = String): string {
  return limit === undefined ? format(used) : `${format(used)} of ${format(limit)}`;
}

const mib = (figure: Figure): string => formatBytes(BigInt(figure) * BigInt(MIB));
const gib = (figure: Figure): string => formatBytes(BigInt(figure) * BigInt(GIB));
