import { Node_Phase, NodeSchema, Taint_Effect, type Node, type Taint } from "@limiquantix/api";
import { formatBytes, MIB } from "@limiquantix/kit";
import { paintState, type Paint } from "../../output/paint.ts";
import type { ListView } from "../../output/print.ts";
import { renderFields } from "../../output/table.ts";
import { age, moment } from "../../output/times.ts";
import { formatLabels } from "../../values/labels.ts";

export function nodeListView(paint: Paint): ListView<typeof NodeSchema> {
  return {
    schema: NodeSchema,
    empty: "no hosts (add one: lqx node join-token)",
    columns: [
      { header: "NAME", value: (node) => node.hostname },
      { header: "STATE", value: phaseOf, paint: (text) => paintState(paint, text) },
      { header: "ADDRESS", value: (node) => node.managementIp },
      { header: "VMS", value: (node) => String(node.status?.vmIds.length ?? 0), right: true },
      { header: "CPU", value: (node) => cpuOf(node), right: true },
      { header: "MEMORY", value: memoryOf, right: true },
      { header: "ACCEL", value: (node) => node.status?.system?.accelerator ?? "" },
      { header: "AGE", value: (node) => age(node.createdAt), right: true },
      { header: "TAINTS", value: taintsOf, wide: true },
      { header: "LABELS", value: (node) => formatLabels(node.labels), wide: true },
      { header: "ID", value: (node) => node.id, wide: true },
    ],
  };
}

export function describeNode(node: Node): string[] {
  const { spec, status } = node;
  const system = status?.system;
  return renderFields([
    ["Name", node.hostname],
    ["Id", node.id],
    ["State", `${phaseOf(node)}${spec?.scheduling?.schedulable === false ? ", takes no new VMs" : ""}`],
    ["Problem", status?.errorMessage ?? ""],
    ["Address", node.managementIp],
    ["Daemon", [spec?.agent?.endpoint, spec?.agent?.version].filter(Boolean).join(", ")],
    ["CPU", `${cpuOf(node)} promised; ${spec?.cpu?.totalCores ?? 0} × ${spec?.cpu?.model ?? ""}`],
    ["Memory", `${memoryOf(node)} promised; ${mib(spec?.memory?.totalMib)} in all`],
    ["Hypervisor", [system?.hypervisor, system?.hypervisorVersion, system?.accelerator].filter(Boolean).join(" ")],
    ["Accelerator", system?.acceleratorReason ?? ""],
    ["System", [system?.os, system?.kernel].filter(Boolean).join(", ")],
    ["VMs", String(status?.vmIds.length ?? 0)],
    ["Disks", (spec?.storage ?? []).map((disk) => `${disk.name} ${formatBytes(disk.sizeBytes)}`).join(", ")],
    ["NICs", (spec?.network ?? []).map((nic) => `${nic.name} ${nic.addresses.join(" ")}`.trim()).join(", ")],
    ["Taints", taintsOf(node)],
    ["Labels", formatLabels(node.labels)],
    [
      "Conditions",
      (status?.conditions ?? []).map((c) => `${c.type}=${c.status ? "yes" : `no (${c.message})`}`).join(", "),
    ],
    ["Last heartbeat", moment(status?.lastHeartbeat)],
    ["Joined", moment(node.createdAt)],
  ]);
}

export function phaseOf(node: Node): string {
  return Node_Phase[node.status?.phase ?? 0] ?? "UNKNOWN";
}

function cpuOf(node: Node): string {
  const cpu = node.status?.resources?.cpu;
  return cpu ? `${cpu.allocated}/${cpu.allocatable}` : "";
}

function memoryOf(node: Node): string {
  const memory = node.status?.resources?.memory;
  return memory ? `${mib(memory.allocatedMib)}/${mib(memory.allocatableMib)}` : "";
}

function mib(amount: bigint | undefined): string {
  return formatBytes((amount ?? 0n) * BigInt(MIB)).replaceAll(" ", "");
}

function taintsOf(node: Node): string {
  return (node.spec?.scheduling?.taints ?? []).map(formatTaint).join(",");
}

function formatTaint({ key, value, effect }: Taint): string {
  return `${key}${value ? `=${value}` : ""}:${Taint_Effect[effect] ?? ""}`;
}
